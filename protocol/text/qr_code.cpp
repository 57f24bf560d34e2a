#include "protocol/text/qr_code.hpp"

#include <memory>
#include <qrencode.h>

namespace latchkey {

namespace {

constexpr int margin = 4; // modules: ISO/IEC 18004, 6.3.8
constexpr unsigned char is_dark = 1;

struct free_code {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

} // namespace

std::optional<qr_code> make_qr_code(const secret& text) {
  const std::string owned{text.reveal()};
  const std::unique_ptr<QRcode, free_code> code{
      QRcode_encodeData(static_cast<int>(owned.size()),
                        reinterpret_cast<const unsigned char*>(owned.data()), 0, QR_ECLEVEL_M)};
  if (!code) return std::nullopt;
  qr_code out{code->width + 2 * margin, {}};
  // A run of dark modules is one rectangle.
  const auto dark_at = [&code](int x, int y) {
    return x < code->width && (code->data[y * code->width + x] & is_dark) != 0;
  };
  for (int y = 0; y < code->width; ++y)
    for (int x = 0; x < code->width; ++x) {
      int run = 0;
      while (dark_at(x + run, y))
        ++run;
      if (run == 0) continue;
      out.path += 'M' + std::to_string(x + margin) + ' ' + std::to_string(y + margin) + 'h' +
                  std::to_string(run) + "v1h-" + std::to_string(run) + 'z';
      x += run;
    }
  return out;
}

std::optional<std::string> qr_code_svg(const secret& text) {
  const auto code = make_qr_code(text);
  if (!code) return std::nullopt;
  const auto side = std::to_string(code->side);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + ' ' + side +
         "\" shape-rendering=\"crispEdges\"><rect width=\"" + side + "\" height=\"" + side +
         "\" fill=\"#fff\"/><path fill=\"#000\" d=\"" + code->path + "\"/></svg>";
}

} // namespace latchkey
