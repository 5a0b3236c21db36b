// Empties a container and gives its memory back.
#pragma once

namespace tutti {

// Assigning {} or a short string would keep the capacity, which what is counted does not show.
template <class Container>
void let_go(Container& container) {
  Container().swap(container);
}

}  // namespace tutti
