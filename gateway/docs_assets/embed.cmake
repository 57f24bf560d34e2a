# embed.cmake — files that the program carries in itself.
#
#   latchkey_embed(<target> <name> [GZIP] FILES <file>…)
#
# Gives <target> a source with `latchkey::embedded::<name>()`: the files by name, in the
# order given (gateway/docs_assets/embedded.hpp). With GZIP each is there compressed too.
# Files may be made by the build; a change of one is embedded anew.
function(latchkey_embed target name)
  cmake_parse_arguments(arg "GZIP" "" "FILES" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
  set(blobs "")
  set(rows "")
  set(depends "")
  set(number 0)
  foreach(file IN LISTS arg_FILES)
    cmake_path(GET file FILENAME base)
    set(symbol latchkey_${name}_${number})
    math(EXPR number "${number} + 1")
    list(APPEND depends ${file})
    string(APPEND blobs "LATCHKEY_BLOB(${symbol}, \"${file}\")\n")
    set(packed "{}")
    if(arg_GZIP)
      set(zipped ${CMAKE_CURRENT_BINARY_DIR}/${name}/${base}.gz)
      # -n: no time, so that the same file always gives the same bytes.
      add_custom_command(OUTPUT ${zipped}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/${name}
        COMMAND sh -c "exec gzip -9nc \"$1\" > \"$2\"" sh ${file} ${zipped}
        DEPENDS ${file} VERBATIM)
      list(APPEND depends ${zipped})
      string(APPEND blobs "LATCHKEY_BLOB(${symbol}_gz, \"${zipped}\")\n")
      set(packed "LATCHKEY_VIEW(${symbol}_gz)")
    endif()
    string(APPEND rows "    file{\"${base}\", LATCHKEY_VIEW(${symbol}), ${packed}},\n")
  endforeach()
  set(content [[
// Made by embed.cmake.
#include "gateway/docs_assets/embedded.hpp"

#include <array>
#include <cstddef>

// The assembler puts the files between two symbols each.
#define LATCHKEY_BLOB(symbol, path)                                                        \
  __asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" path "\"\n" #symbol "_end:\n"   \
          ".byte 0\n.popsection\n");                                                       \
  extern "C" const char symbol[];                                                          \
  extern "C" const char symbol##_end[];
#define LATCHKEY_VIEW(symbol) {symbol, static_cast<std::size_t>(symbol##_end - symbol)}

@blobs@
namespace latchkey::embedded {

std::span<const file> @name@() noexcept {
  static const std::array files{
@rows@  };
  return files;
}

} // namespace latchkey::embedded
]])
  file(CONFIGURE OUTPUT ${out} CONTENT "${content}" @ONLY)
  # Alone also in a unity build: there CMake would drop what its object depends on.
  set_source_files_properties(${out} PROPERTIES OBJECT_DEPENDS "${depends}"
    SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${out})
endfunction()
