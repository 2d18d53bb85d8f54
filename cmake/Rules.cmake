# The detection rules: tools/rulec compiles rules/*.yaml into one C file that becomes part of the
# layer `detect`. rulec is made of the layer's own sources, so that it runs every example of the
# rules with the code that ships.
function(aiu_rules)
    file(GLOB rules CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/*.yaml)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/rulec/*.c
         ${PROJECT_SOURCE_DIR}/lib/detect/*.c)
    add_executable(rulec ${sources})
    target_include_directories(rulec PRIVATE ${PROJECT_SOURCE_DIR}/tools/rulec
        ${PROJECT_BINARY_DIR}/roots/detect ${PROJECT_BINARY_DIR}/roots/codec)
    aiu_sees(rulec base codec)
    target_link_libraries(rulec PRIVATE aiu_flags PkgConfig::hs PkgConfig::yaml)

    set(catalog ${CMAKE_CURRENT_BINARY_DIR}/catalog.c)
    add_custom_command(OUTPUT ${catalog} COMMAND rulec ${catalog} ${rules}
        DEPENDS rulec ${rules} COMMENT "Compiling and testing the detection rules" VERBATIM)
    target_sources(detect PRIVATE ${catalog})
endfunction()
