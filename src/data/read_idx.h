#pragma once
#include "data/examples.h"

namespace tacho {

/// IDX images of unsigned bytes (N x H x W or N x C x H x W, or N x features), plain or gzip, with the labels of
/// `labels_path`. Throws tacho::Error where the files lie about their sizes or do not belong together.
Examples read_idx(const std::string& images_path, const std::string& labels_path);

/// The labels' file beside an IDX file of images ("images" -> "labels", "idx3" -> "idx1", with or without ".gz").
/// Throws tacho::Error with the names looked for where there is none.
std::string idx_labels_beside(const std::string& images_path);

}  // namespace tacho
