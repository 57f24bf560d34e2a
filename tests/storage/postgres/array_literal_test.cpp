#include "storage/postgres/array_literal.hpp"

#include <gtest/gtest.h>

namespace latchkey::storage::postgres {

namespace {

TEST(ArrayLiteral, EscapesWhatHasAMeaningInIt) {
  array_literal a;
  a.text(R"(a"b\c)");
  a.text("NULL");
  a.text("{x,y}");
  a.text("");
  a.null();
  EXPECT_EQ(a.take(), R"({"a\"b\\c","NULL","{x,y}","",NULL})");
}

TEST(ArrayLiteral, WritesBytesNumbersAndFlags) {
  array_literal a;
  a.bytes(std::string("\0\xff", 2));
  EXPECT_EQ(a.take(), R"({"\\x00ff"})");
  a.number(-5);
  a.number(0);
  EXPECT_EQ(a.take(), "{-5,0}");
  a.flag(true);
  a.flag(false);
  EXPECT_EQ(a.take(), "{t,f}");
}

TEST(ArrayLiteral, MayBeEmpty) {
  array_literal a;
  EXPECT_EQ(a.take(), "{}");
}

} // namespace

} // namespace latchkey::storage::postgres
