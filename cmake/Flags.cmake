# Compiler and linker flags, each probed: a compiler that does not know one builds without it. The
# list follows the OpenSSF guide for C. Everything of ours links `aiu_flags`.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(aiu_flags INTERFACE)

function(aiu_probe_flags)
    foreach(flag IN LISTS ARGN)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_c_compiler_flag(${flag} ${have})
        if(${have})
            target_compile_options(aiu_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:${flag}>)
        endif()
    endforeach()
endfunction()

function(aiu_probe_link_flags)
    foreach(flag IN LISTS ARGN)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_linker_flag(C ${flag} ${have})
        if(${have})
            target_link_options(aiu_flags INTERFACE ${flag})
        endif()
    endforeach()
endfunction()

aiu_probe_flags(-Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wimplicit-fallthrough
    -Wshadow -Wtrampolines -Wbidi-chars=any -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wundef -Wcast-align -Wswitch-enum -Werror=format-security -Werror=implicit
    -Werror=incompatible-pointer-types -Werror=int-conversion -Werror=unused-result
    -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -fno-common
    -fvisibility=hidden -fno-omit-frame-pointer)
# Paths out of the binaries: the same source in two folders gives the same bytes.
aiu_probe_flags(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)

if(AIU_HARDEN)
    aiu_probe_flags(-fstack-clash-protection -fstack-protector-strong -fcf-protection=full
        -mbranch-protection=standard -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
        -fstrict-flex-arrays=3 -fexceptions)
    target_compile_definitions(aiu_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=3>)
    target_compile_options(aiu_flags INTERFACE -U_FORTIFY_SOURCE)
    aiu_probe_link_flags(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen
        -Wl,-z,separate-code -Wl,--as-needed -Wl,--no-copy-dt-needed-entries -Wl,--gc-sections)
    aiu_probe_flags(-ffunction-sections -fdata-sections)
endif()
if(AIU_WERROR)
    target_compile_options(aiu_flags INTERFACE -Werror)
endif()
if(AIU_SANITIZE)
    target_compile_options(aiu_flags INTERFACE -fsanitize=${AIU_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(aiu_flags INTERFACE -fsanitize=${AIU_SANITIZE})
endif()
if(AIU_FUZZ)
    target_compile_options(aiu_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(aiu_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_compile_definitions(aiu_flags INTERFACE _GNU_SOURCE)
