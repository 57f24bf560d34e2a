// awaitable.hpp — the one kind of coroutine in the gateway. Its executor is a concrete type, that
// of an io_context: nothing is erased, nothing is locked, and a coroutine stays on the thread (the
// reactor) whose io_context started it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace latchkey {

using reactor_executor = boost::asio::io_context::executor_type;

/// A coroutine on a reactor that answers a T.
template <class T = void>
using awaitable = boost::asio::awaitable<T, reactor_executor>;

/// The completion token for Asio operations awaited inside an `awaitable`.
inline constexpr boost::asio::use_awaitable_t<reactor_executor> use_awaitable{};

} // namespace latchkey
