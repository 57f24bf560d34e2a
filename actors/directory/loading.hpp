// loading.hpp — how a shard's maps are filled: an id is loaded once for all who ask meanwhile, and
// a row that was overtaken by another read never becomes an actor.
#pragma once

#include "actors/base/behave.hpp"

#include <cstdint>
#include <utility>

namespace latchkey::loading {

/// Answers with the actor in memory, or when the load that `load` begins has ended; that is given
/// the number of the load. An actor that the asker found to be `gone` is loaded anew.
template <class Map, class Id, class Handle, class Load>
void find_or_load(Map& map, const Id& id, std::uint64_t gone, const promise<Handle>& answer,
                  std::uint64_t& loads, Load load) {
  auto& entry = map[id];
  if (entry.actor && entry.actor.id() == gone) entry.actor = nullptr;
  if (entry.actor) return answer.deliver(entry.actor);
  entry.waiting.push_back(answer);
  if (entry.waiting.size() > 1) return;
  entry.load = ++loads;
  load(entry.load);
}

/// Whether an actor of that id is in memory.
template <class Map, class Id>
bool is_in_memory(const Map& map, const Id& id) {
  const auto found = map.find(id);
  return found != map.end() && found->second.actor;
}

/// Whether that load is still wanted. One that was overtaken by another may have read an older row,
/// and must not become a second actor.
template <class Map, class Id>
bool is_loading(const Map& map, const Id& id, std::uint64_t load) {
  const auto found = map.find(id);
  return found != map.end() && found->second.load == load;
}

/// Ends the load of that id: keeps the actor and answers everybody who waits for it.
template <class Map, class Id, class Handle>
void loaded(Map& map, const Id& id, Handle actor) {
  auto& entry = map[id];
  entry.actor = actor;
  entry.load = 0;
  for (auto& asker : std::exchange(entry.waiting, {}))
    asker.deliver(actor);
}

/// Forgets the id, whose load has failed, and fails everybody who waits for it.
template <class Map, class Id>
void not_loaded(Map& map, const Id& id, const failure& error) {
  auto node = map.extract(id);
  if (!node) return;
  for (auto& asker : node.mapped().waiting)
    asker.fail(error);
}

} // namespace latchkey::loading
