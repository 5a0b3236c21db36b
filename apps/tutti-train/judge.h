#pragma once

namespace tutti {

// tutti-train judge: trains the judge of the evaluation suite. Returns the exit code.
int judge_main(int argc, char** argv);

}  // namespace tutti
