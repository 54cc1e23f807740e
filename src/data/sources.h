#pragma once
#include <optional>
#include <string>

#include "data/examples.h"

namespace tacho {

/// A set's parts as files; one part only is a set without a test part.
struct SourceFiles {
  std::string train, test;                ///< `test` empty where there is none
  std::string train_labels, test_labels;  ///< IDX only
};

/// The parts of a set in `folder`, known by their files' names: `NAME.mat` with `NAME.t.mat`, IDX `train-images...`
/// with `t10k-images...` (or `test-images...`), `train.npz` with `test.npz`, each of them also alone. Throws
/// tacho::Error that lists what it found where there is none or more than one set.
SourceFiles find_sources(const std::string& folder);

/// Reads one file, whose kind its first bytes tell; `labels` names the labels' file of IDX images ("": beside them).
Examples read_examples(const std::string& path, const std::string& labels, int64_t features);

}  // namespace tacho
