// metrics_process.hpp — the process's own figures; private to config/.
#pragma once

#include <prometheus/metric_family.h>
#include <vector>

namespace latchkey::detail {

/// One family with one sample and no labels.
prometheus::MetricFamily single(const char* name, const char* help, prometheus::MetricType type,
                                double value);

/// Memory, CPU time, descriptors and start time under the names that Prometheus' client
/// libraries share, read from /proc now. What cannot be read is left out.
void append_process_families(std::vector<prometheus::MetricFamily>& out);

} // namespace latchkey::detail
