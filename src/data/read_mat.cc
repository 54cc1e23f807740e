#include "data/read_mat.h"

#include <matio.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "data/child.h"

namespace tacho {
namespace {

using MatFile = std::unique_ptr<mat_t, int (*)(mat_t*)>;
using MatVar = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

constexpr int64_t kPipedElements = int64_t{1} << 18;  // sent through the pipe at once: 1 MiB

/// Element `i` of a numeric array of matio's type; the child has checked `i` and the type.
double element(const void* data, matio_types type, size_t i) {
  switch (type) {
    case MAT_T_DOUBLE:
      return static_cast<const double*>(data)[i];
    case MAT_T_SINGLE:
      return static_cast<const float*>(data)[i];
    case MAT_T_INT8:
      return static_cast<const int8_t*>(data)[i];
    case MAT_T_UINT8:
      return static_cast<const uint8_t*>(data)[i];
    case MAT_T_INT16:
      return static_cast<const int16_t*>(data)[i];
    case MAT_T_UINT16:
      return static_cast<const uint16_t*>(data)[i];
    case MAT_T_INT32:
      return static_cast<const int32_t*>(data)[i];
    case MAT_T_UINT32:
      return static_cast<const uint32_t*>(data)[i];
    case MAT_T_INT64:
      return double(static_cast<const int64_t*>(data)[i]);
    case MAT_T_UINT64:
      return double(static_cast<const uint64_t*>(data)[i]);
    default:
      fail("the numbers have a type that is not read");
  }
}

/// matio fills what a cut-off file lacks with zeros, so the outer elements of a version 5 file are walked first.
void check_length(const std::string& path, int64_t file_bytes) {
  std::ifstream file(path, std::ios::binary);
  unsigned char header[128];
  if (!file.read(reinterpret_cast<char*>(header), sizeof header)) fail(path, " is no MATLAB file: it is too short");
  const bool little = header[126] == 'I' && header[127] == 'M', big = header[126] == 'M' && header[127] == 'I';
  if (!little && !big) return;
  const int major = header[little ? 125 : 124];
  if (major != 1) return;  // 7.3: HDF5 checks its own
  int64_t at = sizeof header;
  while (at < file_bytes) {
    unsigned char tag[8];
    file.seekg(at);
    if (!file.read(reinterpret_cast<char*>(tag), sizeof tag)) fail(path, " is cut off at byte ", file_bytes);
    uint32_t bytes = 0;
    for (int i = 0; i < 4; ++i) bytes |= uint32_t(tag[4 + i]) << (little ? 8 * i : 24 - 8 * i);
    at += int64_t{8} + bytes;
  }
  if (at != file_bytes) fail(path, " is cut off or damaged: it has ", file_bytes, " bytes, its parts end at byte ", at);
}

struct Matrix {
  MatVar var;
  int64_t rows, columns;
};

/// Reads variable `name`, a real two-dimensional matrix of at most `limit` float32 bytes; its size is looked at first.
Matrix read_matrix(mat_t* file, const std::string& path, const char* name, int64_t limit) {
  MatVar info(Mat_VarReadInfo(file, name), Mat_VarFree);
  if (!info)
    fail(path, ": there is no readable variable `", name,
         "`; expected simpleNN's `Z` (one example per row) and `y` (labels)");
  if (info->rank != 2 || !info->dims) fail(path, ": `", name, "` has ", info->rank, " dimensions; expected a matrix");
  if (info->isComplex) fail(path, ": `", name, "` is complex; expected real numbers");
  const bool numeric =
      info->class_type == MAT_C_SPARSE || (info->class_type >= MAT_C_DOUBLE && info->class_type <= MAT_C_UINT64);
  if (!numeric) fail(path, ": `", name, "` is no matrix of numbers");
  const size_t rows = info->dims[0], columns = info->dims[1];
  if (rows == 0 || columns == 0) fail(path, ": `", name, "` is empty");
  size_t bytes = 0;
  if (__builtin_mul_overflow(rows, columns, &bytes) || __builtin_mul_overflow(bytes, sizeof(float), &bytes) ||
      bytes > size_t(limit))
    fail(path, ": `", name, "` says ", rows, " x ", columns,
         " numbers, too many for a file of this size; it is damaged");
  MatVar var(Mat_VarRead(file, name), Mat_VarFree);
  if (!var || !var->data) fail(path, ": `", name, "` cannot be read; the file is damaged or cut off");
  if (var->rank != 2 || var->dims[0] != rows || var->dims[1] != columns) fail(path, ": `", name, "` is damaged");
  if (var->class_type != MAT_C_SPARSE && var->nbytes / rows / columns < Mat_SizeOf(var->data_type))
    fail(path, ": `", name, "` has fewer numbers than it says; the file is damaged");
  return {std::move(var), int64_t(rows), int64_t(columns)};
}

/// The matrix row by row as float32, whatever its storage.
std::vector<float> dense_rows(const Matrix& m, const std::string& path) {
  std::vector<float> rows(size_t(m.rows * m.columns), 0.0f);
  const matvar_t& var = *m.var;
  if (var.class_type != MAT_C_SPARSE) {  // MATLAB stores by columns
    for (int64_t c = 0; c < m.columns; ++c)
      for (int64_t r = 0; r < m.rows; ++r)
        rows[size_t(r * m.columns + c)] = float(element(var.data, var.data_type, size_t(c * m.rows + r)));
    return rows;
  }
  const auto& sparse = *static_cast<const mat_sparse_t*>(var.data);
  bool sound = sparse.jc && int64_t(sparse.njc) == m.columns + 1;
  for (int64_t c = 0; sound && c < m.columns; ++c) {
    const size_t begin = sparse.jc[c], end = sparse.jc[c + 1];
    sound = begin <= end && end <= size_t(sparse.nir) && end <= size_t(sparse.ndata);
    for (size_t i = begin; sound && i < end; ++i) {
      sound = int64_t(sparse.ir[i]) < m.rows;
      if (sound) rows[size_t(int64_t(sparse.ir[i]) * m.columns + c)] = float(element(sparse.data, var.data_type, i));
    }
  }
  if (!sound) fail(path, ": the indices of a sparse matrix are damaged");
  return rows;
}

void send_examples(const std::string& path, int64_t limit, ChildOutput& output) {
  MatFile file(Mat_Open(path.c_str(), MAT_ACC_RDONLY), Mat_Close);
  if (!file) fail("cannot read ", path, ": it is no MATLAB file (version 4, 5 or 7.3)");
  const Matrix y = read_matrix(file.get(), path, "y", limit);
  const Matrix z = read_matrix(file.get(), path, "Z", limit);
  const int64_t n = y.rows * y.columns;
  if ((y.rows != 1 && y.columns != 1) || n != z.rows)
    fail(path, ": `y` is ", y.rows, " x ", y.columns, " and `Z` ", z.rows, " x ", z.columns,
         "; expected one label for each row of `Z`");
  const std::vector<float> labels = dense_rows(y, path), rows = dense_rows(z, path);
  output.send_int(n);
  output.send_int(z.columns);
  output.send(labels.data(), labels.size() * sizeof(float));
  for (size_t at = 0; at < rows.size(); at += size_t(kPipedElements))
    output.send(rows.data() + at, std::min(size_t(kPipedElements), rows.size() - at) * sizeof(float));
}

}  // namespace

Examples read_mat(const std::string& path) {
  std::error_code none;
  const auto file_bytes = std::filesystem::file_size(path, none);
  if (none) fail("cannot read ", path, ": ", none.message());
  const int64_t limit = sparse_limit(int64_t(file_bytes));
  check_length(path, int64_t(file_bytes));
  // The file's matrix may be double (twice float32) beside our float32 rows, and matio's buffers.
  const ChildLimits limits{size_t(limit) * 4 + (size_t{256} << 20), 120};
  Child child(path, limits, [&](ChildOutput& output) { send_examples(path, limit, output); });
  const int64_t n = child.receive_int(), features = child.receive_int();
  int64_t elements = 0;
  if (n < 1 || features < 1 || __builtin_mul_overflow(n, features, &elements) || elements > limit / int64_t{4})
    fail(path, ": ", n, " examples of ", features, " features cannot be read");
  std::vector<float> labels(static_cast<size_t>(n));
  child.receive(labels.data(), labels.size() * sizeof(float));
  Tensor x({DType::float32, {n, features}});
  for (int64_t at = 0; at < elements; at += kPipedElements)
    child.receive(x.as<float>() + at, size_t(std::min(kPipedElements, elements - at)) * sizeof(float));
  Tensor y({DType::int64, {n}});
  for (int64_t i = 0; i < n; ++i) y.as<int64_t>()[i] = integer_label(labels[size_t(i)], path, i);
  return {as_images_where_sized(x), y, "mat"};
}

}  // namespace tacho
