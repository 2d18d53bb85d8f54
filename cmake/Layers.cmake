# A layer sees its own folder and the layers that it names; any other include does not compile.
#
#   aiu_layer(codec USES base)
#   aiu_layer(net   USES base codec PACKAGES PkgConfig::uv)
#
# lib/NAME/*.c (and *.cc) become the static library NAME. Its include root holds one link, to its own folder, so
# that `#include "codec/sse.h"` finds the header only where `codec` is named. Nothing is inherited: a
# layer names each layer whose headers it sees, those of its own headers included.

# aiu_sees(TARGET LAYER...): let TARGET include the headers of these layers, and link them.
function(aiu_sees target)
    foreach(seen IN LISTS ARGN)
        target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/roots/${seen})
    endforeach()
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${target} PRIVATE ${ARGN})
endfunction()

function(aiu_layer name)
    cmake_parse_arguments(LAYER "" "" "USES;PACKAGES" ${ARGN})
    set(root ${PROJECT_BINARY_DIR}/roots/${name})
    file(MAKE_DIRECTORY ${root})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/lib/${name} ${root}/${name} SYMBOLIC)

    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.c
         ${PROJECT_SOURCE_DIR}/lib/${name}/*/*.c ${PROJECT_SOURCE_DIR}/lib/${name}/*.cc)
    set_property(GLOBAL APPEND PROPERTY AIU_LAYERS ${name})
    set_property(GLOBAL PROPERTY AIU_USES_${name} ${name} ${LAYER_USES})
    if(NOT sources)
        add_library(${name} INTERFACE)
        return()
    endif()
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PRIVATE ${root})
    aiu_sees(${name} ${LAYER_USES})
    target_link_libraries(${name} PRIVATE aiu_flags ${LAYER_PACKAGES})
endfunction()

# Each tests/LAYER/test_*.c is one program and one ctest, which sees what its layer sees.
function(aiu_layer_tests name)
    get_property(seen GLOBAL PROPERTY AIU_USES_${name})
    file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${name}/test_*.c)
    foreach(source IN LISTS tests)
        get_filename_component(test ${source} NAME_WE)
        string(REPLACE "test_" "test_${name}_" target ${test})
        add_executable(${target} ${source})
        aiu_sees(${target} ${seen})
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
        target_link_libraries(${target} PRIVATE aiu_flags test_support PkgConfig::cmocka)
        add_test(NAME ${name}/${test} COMMAND ${target})
        set_tests_properties(${name}/${test} PROPERTIES TIMEOUT 120
            ENVIRONMENT "AIU_SHARED=${AIU_SHARED};AIU_SOURCE=${PROJECT_SOURCE_DIR};AIU_BINARY=${PROJECT_BINARY_DIR}")
    endforeach()
endfunction()
