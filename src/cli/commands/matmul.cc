#include "lab/matmul/matmul.h"

#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/lists.h"
#include "cli/progress.h"

namespace tacho {
namespace {

struct MatmulFlags {
  CommonFlags common;
  std::string sizes = "32,64,128,256,512,1024", shapes = "square,recurrent,transformer,convolution", dtype = "float32";
  std::optional<std::string> shape, ways;
  int64_t rounds = 7, cutoff = 128;
  double most_seconds = 2;
};

/// "640x128x256".
ProductSize parse_product(const std::string& text) {
  std::vector<int64_t> extents;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('x', begin), text.size());
    extents.push_back(
        parse_integer("--shape (MxKxN, for example 640x128x256)", text.substr(begin, end - begin), 1, 1 << 20));
    begin = end + 1;
  }
  if (extents.size() != 3) fail("--shape expects MxKxN, for example 640x128x256, got '", text, "'");
  return {"given", text, extents[0], extents[1], extents[2]};
}

std::function<void(const std::string&, double)> progress_line(const CommonFlags& flags) {
  if (flags.quiet || !is_terminal(2)) return nullptr;
  return [begin = now_ns()](const std::string& what, double share) {
    std::string line = "matmul  " + what;
    if (share > 0) line += "  " + duration_text(double(now_ns() - begin) / 1e9 * (1 - share) / share) + " left";
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str()), std::fflush(stderr);
  };
}

int run(const MatmulFlags& flags) {
  MatmulOptions options;
  options.dtype = dtype_of(flags.dtype);
  if (flags.shape) {
    for (const std::string& text : split_commas(*flags.shape)) options.sizes.push_back(parse_product(text));
  } else {
    std::vector<int64_t> squares;
    for (const std::string& text : split_commas(flags.sizes))
      squares.push_back(parse_integer("--sizes", text, 1, 1 << 15));
    for (const std::string& group : split_commas(flags.shapes))
      for (const ProductSize& size : product_sizes(group, squares)) options.sizes.push_back(size);
  }
  if (flags.ways) options.ways = split_commas(*flags.ways);
  options.rounds = int(flags.rounds);
  options.cutoff = flags.cutoff;
  options.most_seconds = flags.most_seconds;
  options.progress = progress_line(flags.common);
  MatmulRecord record = measure_matmul(options);
  if (options.progress) std::fputs("\r\x1b[K", stderr), std::fflush(stderr);
  record.command =
      "tacho matmul" +
      (flags.shape ? " --shape " + *flags.shape : " --shapes " + flags.shapes + " --sizes " + flags.sizes) +
      " --dtype " + flags.dtype + text_of(" --cutoff ", flags.cutoff);
  const Matmul matmul = analyze_matmul(record);
  if (flags.common.text_wanted())
    std::fputs(render_text(matmul, Paint{use_color(flags.common.color, 1)}).c_str(), stdout);
  write_json(flags.common, to_json(matmul).dump(1));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<MatmulFlags>();
  set.heading("Products");
  set.text("--sizes", "N,...", "square products (32,64,128,256,512,1024)", flags->sizes);
  set.text("--shapes", "GROUP,...", "square, recurrent, transformer, convolution (all)", flags->shapes);
  set.text("--shape", "MxKxN,...", "these products only", flags->shape);
  set.text("--ways", "WAY,...", "naive, blocked, strassen, strassen-blas, blas, onednn, simd (all)", flags->ways);
  set.text("--dtype", "float32|float64", "(float32)", flags->dtype);
  set.integer("--cutoff", "Strassen halves until an extent is at most N (128)", flags->cutoff, 1, 1 << 20);
  set.heading("Measurement");
  set.integer("--rounds", "times each product is measured, all ways in turn (7)", flags->rounds, 1, 1000);
  set.number("--most-seconds", "skip a product expected to take longer (2)", flags->most_seconds, 1e-6, 1e6);
  add_common_flags(set, flags->common, kOutputFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_matmul{
    .name = "matmul",
    .alias = "",
    .summary = "ways to multiply matrices: counts, times, exponents",
    .examples =
        "tacho matmul                              all ways over sizes and shapes\n"
        "tacho matmul --sizes 512,1024,2048 --shapes square --ways strassen-blas,blas\n"
        "tacho matmul --shape 640x128x256 --dtype float64\n",
    .declare = declare,
};

}  // namespace tacho
