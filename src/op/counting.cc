#include "op/counting.h"

namespace tacho {

Tally& counting_tally() {
  thread_local Tally tally;
  return tally;
}

}  // namespace tacho
