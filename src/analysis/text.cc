#include "analysis/text.h"

#include <cmath>
#include <cstdio>

namespace tacho {

size_t width_of(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

std::string left(const std::string& text, size_t width) {
  const size_t own = width_of(text);
  if (own <= width) return text + std::string(width - own, ' ');
  std::string cut;
  size_t kept = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && ++kept == width) break;
    cut += c;
  }
  return cut + "…";
}

std::string right(const std::string& text, size_t width) {
  const size_t own = width_of(text);
  return own < width ? std::string(width - own, ' ') + text : text;
}

std::string wrap(const std::string& text, size_t width, size_t indent) {
  std::string out, line;
  // What stands in front of the first word stays: a table's first column.
  const size_t front = std::min(text.find_first_not_of(' '), text.size());
  bool fresh = true;  // no word on this line yet
  line.assign(front, ' ');
  for (size_t begin = front; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!fresh && width_of(line) + 1 + width_of(word) > width) {
      out += line + "\n";
      line = std::string(indent, ' ') + word;
    } else {
      line += (fresh ? "" : " ") + word;
    }
    fresh = false;
    begin = end + 1;
  }
  return out + line + "\n";
}

std::string wrap_command(const std::string& command, size_t width, size_t indent) {
  std::string out, line(indent, ' ');
  for (size_t begin = 0; begin < command.size();) {
    const size_t end = std::min(command.find(" --", begin + 1), command.size());
    const std::string part = command.substr(begin, end - begin);
    if (begin > 0 && width_of(line) + width_of(part) + 2 > width) {
      out += line + " \\\n";
      line.assign(indent + 3, ' ');
    }
    line += part;
    begin = end;
  }
  return out + line + "\n";
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t sign = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > sign + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string fixed(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

std::string short_number(double number) {
  const double size = std::fabs(number);
  return fixed(number, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

std::string units(int64_t number, int decimals) {
  if (number < 0) return "-" + units(-number, decimals);
  std::string text = std::to_string(number);
  if (decimals == 0) return text;
  if (text.size() <= size_t(decimals)) text.insert(0, size_t(decimals) + 1 - text.size(), '0');
  return text.insert(text.size() - size_t(decimals), ".");
}

std::string bytes_text(int64_t bytes) {
  const double size = double(bytes);
  if (size >= 1e9) return short_number(size / 1e9) + " GB";
  if (size >= 1e6) return short_number(size / 1e6) + " MB";
  return short_number(size / 1e3) + " KB";
}

}  // namespace tacho
