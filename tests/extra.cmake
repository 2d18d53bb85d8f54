# --- How fast a log verifies: ninja bench_verify && bin/bench_verify FOLDER
add_executable(bench_verify EXCLUDE_FROM_ALL audit/bench_verify.c)
aiu_sees(bench_verify base secret codec audit)
target_link_libraries(bench_verify PRIVATE aiu_flags)
# The command, on logs written by a second implementation of the format.
find_package(Python3 3.9 COMPONENTS Interpreter)
add_test(NAME audit/cli
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/audit/cli_audit.py $<TARGET_FILE:aiu>)
set_tests_properties(audit/cli PROPERTIES TIMEOUT 120 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
add_test(NAME aiu/cli_scan
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/aiu/cli_scan.py $<TARGET_FILE:aiu>)
set_tests_properties(aiu/cli_scan PROPERTIES TIMEOUT 300 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
add_test(NAME aiu/cli_redact
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/aiu/cli_redact.py $<TARGET_FILE:aiu>
    ${PROJECT_SOURCE_DIR})
set_tests_properties(aiu/cli_redact PROPERTIES TIMEOUT 120 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
add_test(NAME aiu/cli_options
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/aiu/cli_options.py $<TARGET_FILE:aiu>)
set_tests_properties(aiu/cli_options PROPERTIES TIMEOUT 60 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
add_test(NAME accuracy/quick
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/accuracy/accuracy --quick)
set_tests_properties(accuracy/quick PROPERTIES TIMEOUT 180
    ENVIRONMENT "AIU_SHARED=${AIU_SHARED};AIU_BINARY=${PROJECT_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
# Verification as programs, on logs that make_log writes.
add_executable(make_log audit/make_log.c)
aiu_sees(make_log base secret codec audit)
target_include_directories(make_log PRIVATE support)
target_link_libraries(make_log PRIVATE aiu_flags test_support PkgConfig::cmocka)
add_test(NAME audit/cli_verify
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/audit/cli_verify.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(audit/cli_verify PROPERTIES TIMEOUT 120 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
# --- End to end: tests/e2e/test_*.py, one ctest each. They start their own mock and gateway on ports
# that the kernel chooses, so all may run at the same time.
find_package(Python3 3.9 COMPONENTS Interpreter)
set(e2e_environment "AIU_SHARED=${AIU_SHARED};AIU_SOURCE=${PROJECT_SOURCE_DIR};AIU_BINARY=${PROJECT_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
# A disk that fails (LD_PRELOAD), for e2e/survival; a sanitizer wants to be loaded first.
if(NOT AIU_SANITIZE)
    add_library(fail_sync MODULE ${CMAKE_CURRENT_LIST_DIR}/support/fail_sync.c)
    set_target_properties(fail_sync PROPERTIES PREFIX "" C_VISIBILITY_PRESET default
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
    target_compile_definitions(fail_sync PRIVATE _GNU_SOURCE)
    target_compile_options(fail_sync PRIVATE -Wall -Wextra -Werror
        -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
endif()
file(GLOB e2e_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/e2e/test_*.py)
foreach(source IN LISTS e2e_tests)
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "test_" "" name ${name})
    add_test(NAME e2e/${name} COMMAND Python3::Interpreter ${source})
    set_tests_properties(e2e/${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
        ENVIRONMENT "${e2e_environment}")
endforeach()

# --- Interop: other people's clients (tests/interop). Skipped where their registry cannot be reached.
add_test(NAME interop/wire
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/interop/test_wire.py)
foreach(pair IN ITEMS openai_python:python langchain:python openai_node:node)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 kind)
    add_test(NAME interop/${name}
        COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/interop/run.sh ${kind} test_${name}.py)
endforeach()
add_test(NAME interop/audit_go
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/interop/test_audit_go.py)
set_tests_properties(interop/audit_go interop/wire interop/openai_python interop/langchain interop/openai_node
    PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77 ENVIRONMENT "${e2e_environment}")
# --- end of e2e and interop
