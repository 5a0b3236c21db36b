// Files that another program cuts short while they are mapped (format/mapped_file.h): the kernel
// answers the next access with SIGBUS, on whatever thread it happens.
#pragma once

namespace tutti {

// From here on such an access ends the process with 3, bad input, and a message that names the
// file; `program` stands in front of it and has to stay. Not for libraries: these copy
// (Hold::copied), since neither signals nor the end of the process are theirs.
void end_where_files_are_cut(const char* program);

}  // namespace tutti
