#include "io/traces/event_stream.h"

#include <charconv>
#include <cmath>

#include "base/error.h"

namespace tacho {
namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMostEvents = 10'000'000, kMostValues = 1'000'000;

/// Builds one event at a time, and forgets everything else but the root's plain members.
class EventReader : public nlohmann::json_sax<TraceEvent> {
 public:
  using Each = std::function<void(const TraceEvent&, const EventPlace&)>;
  EventReader(std::string_view text, const std::string& where, const Each& each)
      : text_(text), where_(where), each_(each) {}

  std::map<std::string, std::string> head;
  bool saw_events = false;

  bool null() override { return scalar(nullptr, "null"); }
  bool boolean(bool value) override { return scalar(value, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(value, std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value, std::to_string(value)); }
  bool number_float(number_float_t value, const string_t& text) override {
    const bool exact = path_.size() == 1 && (key_ == "ts" || key_ == "dur");
    return exact ? scalar(text, text) : scalar(value, text);
  }
  bool string(string_t& value) override { return scalar(value, value); }
  bool binary(binary_t&) override { return true; }

  bool start_object(size_t) override { return start(TraceEvent::object()); }
  bool start_array(size_t) override { return start(TraceEvent::array()); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& value) override {
    if (!path_.empty()) key_ = value;
    else if (depth_ == 1) top_ = value;
    return true;
  }
  bool parse_error(size_t position, const std::string& token, const TraceEvent::exception&) override {
    size_t line = 1;
    for (size_t i = 0; i < std::min(position, text_.size()); ++i) line += text_[i] == '\n';
    std::string shown;
    for (char c : token.substr(token.size() > 24 ? token.size() - 24 : 0)) shown += (c < ' ' ? ' ' : c);
    fail(where_, ": line ", line, ", byte ", position, ": no valid JSON near '", shown, "'");
  }

 private:
  bool in_events() const { return events_depth_ > 0 && depth_ >= events_depth_; }

  bool start(TraceEvent container) {
    if (++depth_ > kMaxDepth) fail(EventPlace{where_, count_}, " is nested deeper than ", kMaxDepth, " levels");
    if (events_depth_ == 0) {
      const bool list = container.is_array();
      if (list && (depth_ == 1 || (depth_ == 2 && top_ == "traceEvents"))) events_depth_ = depth_, saw_events = true;
      return true;
    }
    if (!in_events()) return true;
    if (path_.empty()) {
      if (depth_ != events_depth_ + 1 || !container.is_object()) fail(EventPlace{where_, count_}, " is no object");
      event_ = std::move(container), values_ = 0;
      path_.push_back(&event_);
    } else {
      path_.push_back(put(std::move(container)));
    }
    return true;
  }

  bool end() {
    --depth_;
    if (!path_.empty()) {
      path_.pop_back();
      if (path_.empty()) {
        each_(event_, {where_, count_});
        if (++count_ > kMostEvents) fail(where_, " has more than ", kMostEvents, " events; record fewer steps");
      }
    } else if (events_depth_ > 0 && depth_ < events_depth_) {
      events_depth_ = -1;  // over: whatever follows is no event
    }
    return true;
  }

  bool scalar(TraceEvent value, const std::string& text) {
    if (!path_.empty()) put(std::move(value));
    else if (in_events()) fail(EventPlace{where_, count_}, " is no object");
    else if (depth_ == 1) head[top_] = text;
    return true;
  }

  TraceEvent* put(TraceEvent value) {
    if (++values_ > kMostValues) fail(EventPlace{where_, count_}, " has more than ", kMostValues, " values");
    TraceEvent& to = *path_.back();
    if (to.is_array()) return to.push_back(std::move(value)), &to.back();
    TraceEvent& slot = to[key_];
    slot = std::move(value);
    return &slot;
  }

  std::string_view text_;
  const std::string& where_;
  const Each& each_;
  TraceEvent event_;
  std::vector<TraceEvent*> path_;  ///< the containers that are open within the event
  std::string key_, top_;
  int depth_ = 0, events_depth_ = 0;
  size_t count_ = 0, values_ = 0;
};

/// "4330527701071.506" is 4330527701071506: digits, not a double, so that the last place is right.
bool parse_decimal(std::string_view text, int64_t& ns) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string digits(whole);
  std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
  if (whole.empty() || (digits + fraction).find_first_not_of("0123456789") != std::string::npos) return false;
  const bool up = fraction.size() > 3 && fraction[3] >= '5';
  fraction.resize(3, '0');
  digits += fraction;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  ns = negative ? -(value + up) : value + up;
  return true;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const EventPlace& place) {
  return out << place.where << ": event " << place.index;
}

std::map<std::string, std::string> for_each_event(
    std::string_view text, const std::string& where,
    const std::function<void(const TraceEvent& event, const EventPlace& place)>& each) {
  EventReader reader(text, where, each);
  TraceEvent::sax_parse(text.begin(), text.end(), &reader);
  if (!reader.saw_events) fail(where, " has no traceEvents: is it a trace?");
  return std::move(reader.head);
}

std::string with_quotes_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside && c == '\\' && i + 1 < text.size()) {
      out += c, out += text[++i];
      continue;
    }
    if (c == '"') {
      const size_t next = text.find_first_not_of(" \t\r\n", i + 1);
      const bool ends =
          next == std::string_view::npos || std::string_view(",:}]").find(text[next]) != std::string_view::npos;
      if (inside && !ends) out += '\\';
      else inside = !inside;
    }
    out += c;
  }
  return out;
}

int64_t nanoseconds_of(const TraceEvent& event, const char* member, const EventPlace& place) {
  constexpr double kMost = 9.2e15;  // microseconds in 63 bits of nanoseconds
  const auto found = event.find(member);
  if (found == event.end()) fail(place, " has no ", member);
  int64_t ns = 0;
  if (found->is_number_integer()) {
    if (found->is_number_unsigned() ? found->get<uint64_t>() > uint64_t(kMost)
                                    : std::fabs(double(found->get<int64_t>())) > kMost)
      fail(place, ": ", member, " of ", found->dump(), " us is beyond any clock");
    return found->get<int64_t>() * 1000;
  }
  if (!found->is_string()) fail(place, ": ", member, " is no number");
  const std::string& text = found->get_ref<const std::string&>();
  if (parse_decimal(text, ns)) return ns;
  double value = 0;  // with an exponent, which nobody writes for exact times
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(std::fabs(value) <= kMost))
    fail(place, ": ", member, " is '", text.substr(0, 40), "', expected microseconds");
  return int64_t(std::llround(value * 1000));
}

std::string text_of_member(const TraceEvent& event, const char* member) {
  const auto found = event.find(member);
  if (found == event.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace tacho
