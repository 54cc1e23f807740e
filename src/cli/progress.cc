#include "cli/progress.h"

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "cli/terminal.h"

namespace tacho {
namespace {

constexpr int64_t kRedrawNs = 100'000'000;
constexpr int kWidestBar = 24;

}  // namespace

std::string duration_text(double seconds) {
  const auto s = int64_t(std::max(seconds, 0.0) + 0.5);
  char text[32];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60), static_cast<long long>(s % 60));
  else std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(s / 60), static_cast<long long>(s % 60));
  return text;
}

void ProgressLine::show(const TrainProgress& p) {
  if (!on_) return;
  const int64_t now = now_ns();
  if (begin_ns_ == 0) {
    begin_ns_ = now;
    begin_step_ = p.step;
    smooth_loss_ = p.loss;
  }
  smooth_loss_ += 0.05 * (p.loss - smooth_loss_);
  if (now - last_ns_ < kRedrawNs && p.step != p.last_step) return;
  last_ns_ = now;
  const double done = double(p.step - begin_step_), seconds = double(now - begin_ns_) / 1e9;
  const double left = done > 0 ? seconds / done * double(p.last_step - p.step) : 0;
  char text[160];
  int used = std::snprintf(text, sizeof text, " %lld/%lld epoch %lld  loss %.4f", static_cast<long long>(p.step),
                           static_cast<long long>(p.last_step), static_cast<long long>(p.epoch + 1), smooth_loss_);
  std::string line(text, size_t(used));
  if (p.validation) {
    used = std::snprintf(text, sizeof text, "  acc %.2f %%", 100 * p.validation->accuracy);
    line.append(text, size_t(used));
  }
  used = std::snprintf(text, sizeof text, "  %.0f ex/s  %s left", p.examples_per_s, duration_text(left).c_str());
  line.append(text, size_t(used));
  const int columns = terminal_columns(2) - 1;
  const int width = std::min(kWidestBar, columns - int(line.size()) - 2);
  std::string bar;
  if (width >= 5) {
    const int filled = int(double(width) * double(p.step) / double(std::max<int64_t>(p.last_step, 1)));
    const std::string full(size_t(filled), '='), empty(size_t(width - filled), '.');
    bar = color_ ? "[\033[32m" + full + "\033[0m" + empty + "]" : "[" + full + empty + "]";
  }
  if (int(line.size()) > columns) line.resize(size_t(std::max(columns, 0)));
  std::fprintf(stderr, "\r\033[K%s%s", bar.c_str(), line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace tacho
