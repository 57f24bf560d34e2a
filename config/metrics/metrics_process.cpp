// metrics_process.cpp — reads /proc/self when Prometheus asks.
#include "config/metrics/metrics_process.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace latchkey::detail {
namespace {

using prometheus::MetricType;

/// The front of a small /proc file.
std::string read_proc(const char* path) {
  std::string text(4096, '\0');
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const auto n = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

/// The `index`th number after the command's closing parenthesis in /proc/self/stat,
/// counted as proc(5) does: the state is 3.
std::optional<double> stat_field(std::string_view stat, int index) {
  auto at = stat.rfind(')');
  for (int field = 3; at != std::string_view::npos; ++field) {
    at = stat.find(' ', at);
    if (at == std::string_view::npos) break;
    ++at;
    if (field != index) continue;
    double value = 0;
    const auto* end = stat.data() + stat.size();
    if (std::from_chars(stat.data() + at, end, value).ec != std::errc{}) break;
    return value;
  }
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  double entries = -3; // ".", ".." and the folder's own descriptor
  while (::readdir(folder) != nullptr)
    ++entries;
  ::closedir(folder);
  return entries;
}

std::optional<double> boot_time_s() {
  const auto text = read_proc("/proc/uptime");
  double up_s = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), up_s).ec != std::errc{})
    return std::nullopt;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - up_s;
}

} // namespace

prometheus::MetricFamily single(const char* name, const char* help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, help, type, {std::move(metric)}};
}

void append_process_families(std::vector<prometheus::MetricFamily>& out) {
  const auto add = [&](const char* name, const char* help, MetricType type,
                       std::optional<double> value) {
    if (value) out.push_back(single(name, help, type, *value));
  };
  const auto stat = read_proc("/proc/self/stat");
  const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));

  if (const auto user = stat_field(stat, 14), system = stat_field(stat, 15); user && system)
    add("process_cpu_seconds_total", "CPU time of the process, user and system, in seconds.",
        MetricType::Counter, (*user + *system) / ticks_per_s);
  if (const auto pages = stat_field(stat, 24))
    add("process_resident_memory_bytes", "Resident memory in bytes.", MetricType::Gauge,
        *pages * page_bytes);
  add("process_virtual_memory_bytes", "Virtual memory in bytes.", MetricType::Gauge,
      stat_field(stat, 23));
  add("process_threads", "Threads of the process.", MetricType::Gauge, stat_field(stat, 20));
  if (const auto since_boot = stat_field(stat, 22), boot = boot_time_s(); since_boot && boot)
    add("process_start_time_seconds", "Start of the process, seconds since the epoch.",
        MetricType::Gauge, *boot + *since_boot / ticks_per_s);
  add("process_open_fds", "Open file descriptors.", MetricType::Gauge, open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
}

} // namespace latchkey::detail
