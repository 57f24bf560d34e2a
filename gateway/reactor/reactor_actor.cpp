#include "gateway/reactor/reactor_actor.hpp"

#include "actors/base/behave.hpp"

namespace latchkey::gateway {

reactor_actor::reactor_actor(caf::actor_config& cfg, reactor& home)
    : extended_base(cfg), home_(home) {
  install_default_handlers(this);
}

void reactor_actor::launch(caf::execution_unit* unit, bool, bool hide) {
  if (!hide) register_at_system();
  context(unit);
  become(answers());
}

caf::behavior reactor_actor::answers() {
  // An actor without a behavior ends after the first reply that it handles.
  return {[](const caf::unit_t&) {}};
}

void reactor_actor::enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) {
  caf::intrusive_ptr_add_ref(ctrl());
  home_.schedule({nullptr, this, element.release()});
}

void reactor_actor::enqueue(caf::strong_actor_ptr source, caf::message_id id, caf::message content,
                            caf::execution_unit* unit) {
  enqueue(caf::make_mailbox_element(std::move(source), id, {}, std::move(content)), unit);
}

void reactor_actor::handle(reactor* unit, caf::mailbox_element_ptr element) {
  if (getf(is_terminated_flag)) return;
  activate(unit, *element);
}

void reactor_actor::close() {
  speak();
  quit(caf::exit_reason::user_shutdown);
  finalize();
}

} // namespace latchkey::gateway
