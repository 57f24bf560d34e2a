#include "protocol/webauthn/cbor.hpp"

#include "protocol/text/text_codec.hpp"
#include "tests/support/cbor_writer.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace latchkey::webauthn {
namespace {

using latchkey::test::cbor_bytes;
using latchkey::test::cbor_list;
using latchkey::test::cbor_map;
using latchkey::test::cbor_number;
using latchkey::test::cbor_text;

/// Why the bytes are refused; empty when they are not.
std::string fault_of(std::string_view bytes) {
  const auto read = read_cbor(bytes);
  return read ? "" : read.error();
}

std::string fault_of_hex(std::string_view hex) {
  return fault_of(from_hex(hex).value());
}

TEST(WebauthnCbor, WhatIsMalformedIsRefused) {
  const struct {
    const char* hex;
    const char* fault;
  } table[]{
      {"", "is cut off"},
      {"18", "is cut off"},
      {"19 00", "is cut off"},
      {"42 00", "is cut off"},
      {"61", "is cut off"},
      {"82 00", "is cut off"},
      {"A1 00", "is cut off"},
      {"1C", "is not valid CBOR"}, // reserved
      {"3D", "is not valid CBOR"},
      {"5E", "is not valid CBOR"},
      {"FC", "is not valid CBOR"},
      {"F8 18", "is not valid CBOR"}, // a simple value that is not assigned
      {"E0", "is not valid CBOR"},
      {"00 00", "has bytes after its end"},
      {"A0 00", "has bytes after its end"},
      {"61 FF", "has a text that is not UTF-8"},
      {"62 C0 80", "has a text that is not UTF-8"},
      {"A1 61 FF 00", "has a text that is not UTF-8"},
      {"A2 00 00 00 00", "has a key twice"},
      {"A2 20 00 20 01", "has a key twice"},
      {"A2 61 61 00 61 61 01", "has a key twice"},
      {"A1 00 A2 60 00 60 00", "has a key twice"},
      {"A1 41 00 00", "has a key that is neither a number nor a text"},
      {"A1 80 00", "has a key that is neither a number nor a text"},
      {"A1 F6 00", "has a key that is neither a number nor a text"},
      {"A1 F5 00", "has a key that is neither a number nor a text"},
      {"1B 80 00 00 00 00 00 00 00", "has a number that is too large"},
      {"3B 80 00 00 00 00 00 00 00", "has a number that is too large"},
      {"1B FF FF FF FF FF FF FF FF", "has a number that is too large"},
  };
  for (const auto& row : table) {
    std::string hex{row.hex};
    std::erase(hex, ' ');
    EXPECT_EQ(fault_of_hex(hex), row.fault) << row.hex;
  }
}

TEST(WebauthnCbor, IndefiniteLengthsTagsAndFloatsAreRefused) {
  for (const char* hex :
       {"5f4100ff", "5fff", "7f6161ff", "7fff", "9fff", "9f00ff", "bfff", "bf0000ff", "ff", "81ff",
        "c000", "d81800", "d9d9f700", "f90000", "fa00000000", "fb0000000000000000", "f7"})
    EXPECT_NE(fault_of_hex(hex), "") << hex;
}

TEST(WebauthnCbor, LengthsThatAreNotThereAreRefusedWithoutMemory) {
  // A list, a map, bytes and a text of 2^16 - 1, 2^32 - 1 and 2^64 - 1.
  for (const char* major : {"99", "b9", "59", "79"})
    EXPECT_EQ(fault_of_hex(std::string{major} + "ffff"), "is cut off") << major;
  for (const char* major : {"9a", "ba", "5a", "7a"})
    EXPECT_EQ(fault_of_hex(std::string{major} + "ffffffff00"), "is cut off") << major;
  for (const char* major : {"9b", "bb", "5b", "7b"})
    for (const char* length : {"ffffffffffffffff", "8000000000000000", "7fffffffffffffff"})
      EXPECT_EQ(fault_of_hex(std::string{major} + length + "00"), "is cut off") << major << length;
}

TEST(WebauthnCbor, LongerFormsOfNumbersAndLengthsAreRefused) {
  for (const char* hex : {"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3800",
                          "390001", "580100", "59000100", "780161", "980100", "b8010000"})
    EXPECT_EQ(fault_of_hex(hex), "has a number or a length that is not in its shortest form")
        << hex;
}

TEST(WebauthnCbor, IsBoundedInDepthItemsAndSize) {
  auto nested = cbor_number(0);
  for (std::size_t depth = 0; depth < cbor_depth_max; ++depth)
    nested = cbor_list({nested});
  EXPECT_EQ(fault_of(nested), "");
  EXPECT_EQ(fault_of(cbor_list({nested})), "is nested too deeply");
  EXPECT_EQ(fault_of(cbor_map({{cbor_number(1), nested}})), "is nested too deeply");
  EXPECT_EQ(fault_of(std::string(cbor_bytes_max, '\x81')), "is nested too deeply");

  const std::vector<std::string> most(cbor_items_max - 1, cbor_number(0));
  EXPECT_EQ(fault_of(cbor_list(most)), "");
  const std::vector<std::string> more(cbor_items_max, cbor_number(0));
  EXPECT_EQ(fault_of(cbor_list(more)), "has too many items");
  // Two lists, each of which would be short enough.
  const std::vector<std::string> half(cbor_items_max / 2 - 1, cbor_number(0));
  EXPECT_EQ(fault_of(cbor_list({cbor_list(half), cbor_list(half)})), "has too many items");
  // A list that is not too long by itself, and one item behind it.
  const std::vector<std::string> rest(cbor_items_max - 2, cbor_number(0));
  EXPECT_EQ(fault_of(cbor_list({cbor_list(rest)})), "");
  EXPECT_EQ(fault_of(cbor_list({cbor_list(rest), cbor_number(0)})), "has too many items");

  EXPECT_EQ(fault_of(cbor_bytes(std::string(cbor_bytes_max - 3, 'x'))), "");
  EXPECT_EQ(fault_of(cbor_bytes(std::string(cbor_bytes_max, 'x'))), "is too long");
}

TEST(WebauthnCbor, GivesEveryKindOfValue) {
  const auto bytes = cbor_map({{cbor_number(1), cbor_number(-257)},
                               {cbor_number(-1), cbor_bytes(std::string("a\0b", 3))},
                               {cbor_text("text"), cbor_text("ä")},
                               {cbor_text("list"), cbor_list({"\xF4", "\xF5", "\xF6"})},
                               {cbor_text("map"), cbor_map({})}});
  const auto read = read_cbor(bytes);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->entries(), 5U);
  EXPECT_EQ(read->integer_at(1), -257);
  EXPECT_EQ(read->bytes_at(-1), (std::string_view{"a\0b", 3}));
  EXPECT_EQ(read->text_at("text"), "ä");
  const auto* list = read->find("list");
  ASSERT_TRUE(list != nullptr && list->kind == cbor_kind::list && list->items.size() == 3);
  EXPECT_EQ(list->items[0].kind, cbor_kind::boolean);
  EXPECT_EQ(list->items[0].integer, 0);
  EXPECT_EQ(list->items[1].integer, 1);
  EXPECT_EQ(list->items[2].kind, cbor_kind::null);
  ASSERT_NE(read->find("map"), nullptr);
  EXPECT_EQ(read->find("map")->kind, cbor_kind::map);
}

TEST(WebauthnCbor, FindsNothingUnderAnotherKeyOrOfAnotherKind) {
  const auto bytes = cbor_map({{cbor_number(1), cbor_number(2)}, {cbor_text("1"), cbor_text("")}});
  const auto read = read_cbor(bytes).value();
  EXPECT_EQ(read.find(2), nullptr);
  EXPECT_EQ(read.find("2"), nullptr);
  EXPECT_EQ(read.bytes_at(1), std::nullopt);
  EXPECT_EQ(read.text_at(1), std::nullopt);
  EXPECT_EQ(read.integer_at("1"), std::nullopt);
  EXPECT_EQ(read.bytes_at("1"), std::nullopt);
  EXPECT_EQ(read.find(1)->find(1), nullptr);
}

TEST(WebauthnCbor, GivesIntegersToTheirBounds) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{23}, std::int64_t{24}, std::int64_t{255}, std::int64_t{256},
        std::int64_t{65535}, std::int64_t{65536}, std::int64_t{4294967295},
        std::int64_t{4294967296}, std::numeric_limits<std::int64_t>::max()})
    for (const auto signed_number : {number, -1 - number}) {
      const auto bytes = cbor_number(signed_number);
      const auto read = read_cbor(bytes);
      ASSERT_TRUE(read) << signed_number;
      EXPECT_EQ(read->integer, signed_number);
    }
}

TEST(WebauthnCbor, SaysHowManyBytesAnItemTakes) {
  const auto item = cbor_map({{cbor_number(1), cbor_text("one")}});
  for (const std::string_view rest : {"", "x", "\xFF\xFF", "\xA1"}) {
    const auto bytes = item + std::string{rest};
    const auto read = read_cbor_prefix(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bytes, item.size());
  }
  for (std::size_t size = 0; size < item.size(); ++size)
    EXPECT_FALSE(read_cbor_prefix(std::string_view{item}.substr(0, size))) << size;
}

} // namespace
} // namespace latchkey::webauthn
