// one_of.hpp — a value of one of many types.
//
// It is what std::variant is, on the heap. With sixty types std::variant costs every source that
// makes, copies or drops one a template for each pair of them; this costs one for each type that
// the source names.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace latchkey {

template <class... Types>
class one_of {
public:
  static constexpr std::size_t size = sizeof...(Types);
  template <std::size_t Position>
  using type_at = std::tuple_element_t<Position, std::tuple<Types...>>;
  template <class T>
  static constexpr bool has_type = (std::is_same_v<T, Types> || ...);
  /// Where `T` stands among the types, from 0.
  template <class T>
  requires has_type<T>
  static constexpr std::size_t position_of = [] {
    constexpr bool matches[] = {std::is_same_v<T, Types>...};
    std::size_t position = 0;
    while (!matches[position])
      ++position;
    return position;
  }();

  template <class T>
  requires has_type<T> one_of(T value)
      : held_(&operations_on<T>), value_(new T(std::move(value))) {}
  one_of(const one_of& other) : held_(other.held_), value_(other.copy_of_value()) {}
  /// `other` holds nothing afterwards: it may be assigned to or dropped.
  one_of(one_of&& other) noexcept
      : held_(other.held_), value_(std::exchange(other.value_, nullptr)) {}
  one_of& operator=(one_of other) noexcept {
    std::swap(held_, other.held_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~one_of() {
    if (value_ != nullptr) held_->drop(value_);
  }

  /// The position of the type that it holds.
  std::size_t index() const noexcept { return held_->position; }
  template <class T>
  bool holds() const noexcept {
    return index() == position_of<T>;
  }
  /// Null when it holds another type.
  template <class T>
  const T* get_if() const noexcept {
    return holds<T>() ? static_cast<const T*>(value_) : nullptr;
  }
  /// Throws std::logic_error when it holds another type.
  template <class T>
  const T& get() const {
    if (!holds<T>()) throw std::logic_error("one_of holds another type");
    return *static_cast<const T*>(value_);
  }
  template <class T>
  T& get() {
    return const_cast<T&>(std::as_const(*this).template get<T>());
  }

private:
  struct operations {
    std::size_t position;
    void* (*copy)(const void* value);
    void (*drop)(void* value) noexcept;
  };
  template <class T>
  static constexpr operations operations_on{
      position_of<T>,
      [](const void* value) -> void* { return new T(*static_cast<const T*>(value)); },
      [](void* value) noexcept { delete static_cast<T*>(value); }};

  void* copy_of_value() const { return value_ == nullptr ? nullptr : held_->copy(value_); }

  const operations* held_;
  void* value_;
};

} // namespace latchkey
