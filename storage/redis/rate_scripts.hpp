// redis/rate_scripts.hpp — the scripts by which rate windows change, each of them atomically.
//
// A window is a hash: `id`, which names this window and no later one under its key; `used`, which
// counts what is lent too; `held`; and for each node that was lent something `lent:<node>`, its
// units and the time until which the node is believed to be alive.
#pragma once

#include <string_view>

namespace latchkey::storage::rate_scripts {

/// KEYS: the window. ARGV: node, limit, window in ms, wanted, divisor of the lease (0: none),
/// unspent, owed, holds (0 or 1), lease in ms, prefix of the nodes' sets.
/// Answers granted, leased, left, ms to the end, id, lent to others, held.
inline constexpr std::string_view take = R"lua(
local window, node, limit = KEYS[1], ARGV[1], tonumber(ARGV[2])
local wanted, divisor, unspent = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id = redis.call('HGET', window, 'id')
if not id then
  id = time[1] .. string.format('%06d', time[2])
  redis.call('HSET', window, 'id', id, 'used', 0)
  redis.call('PEXPIRE', window, ARGV[3])
end
local used = tonumber(redis.call('HGET', window, 'used')) + tonumber(ARGV[7])
local left = math.max(0, limit - used)
local granted = math.min(wanted, left)
local leased = 0
if divisor > 0 then leased = math.floor((left - granted) / divisor) end
left = left - granted - leased
redis.call('HSET', window, 'used', used + granted + leased)
if unspent + leased > 0 then
  redis.call('HSET', window, 'lent:' .. node, (unspent + leased) .. ':' .. (now + ARGV[9]))
end
local held = tonumber(redis.call('HGET', window, 'held') or 0)
if ARGV[8] == '1' and granted > 0 then held = redis.call('HINCRBY', window, 'held', granted) end
local lent = 0
if left == 0 then
  local fields = redis.call('HGETALL', window)
  for i = 1, #fields, 2 do
    local other = string.match(fields[i], '^lent:(.+)$')
    if other and other ~= node then
      local units, till = string.match(fields[i + 1], '^(%d+):(%d+)$')
      if tonumber(till) > now then
        lent = lent + tonumber(units)
        if granted < wanted then
          redis.call('SADD', ARGV[10] .. other, window)
          redis.call('PEXPIRE', ARGV[10] .. other, ARGV[9])
        end
      else
        redis.call('HDEL', window, fields[i])
      end
    end
  end
end
return {granted, leased, left, redis.call('PTTL', window), id, lent, held}
)lua";

/// KEYS: the window. ARGV: id, node, unspent. What was taken for spent is not given back any more.
inline constexpr std::string_view give_back = R"lua(
local window = KEYS[1]
if redis.call('HGET', window, 'id') ~= ARGV[1] then return 0 end
local lent = redis.call('HGET', window, 'lent:' .. ARGV[2])
if not lent then return 0 end
redis.call('HDEL', window, 'lent:' .. ARGV[2])
local units = math.min(tonumber(ARGV[3]), tonumber(string.match(lent, '^%d+')))
return redis.call('HINCRBY', window, 'used', 0 - units)
)lua";

/// KEYS: the window. ARGV: id, and 1 when the one that was held counts.
inline constexpr std::string_view settle = R"lua(
local window = KEYS[1]
if redis.call('HGET', window, 'id') ~= ARGV[1] then return 0 end
if tonumber(redis.call('HGET', window, 'held') or 0) < 1 then return 0 end
if ARGV[2] == '0' then redis.call('HINCRBY', window, 'used', -1) end
return redis.call('HINCRBY', window, 'held', -1)
)lua";

/// KEYS: the window, of which nothing is lent: what is held never is.
inline constexpr std::string_view forget = R"lua(
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or 0)
if held > 0 then return redis.call('HSET', KEYS[1], 'used', held) end
return redis.call('DEL', KEYS[1])
)lua";

} // namespace latchkey::storage::rate_scripts
