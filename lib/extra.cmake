# libaiu: the public library (include/aiu/*.h) over the pure layers. lib/aiu/exports.txt is the list of
# its symbols; everything else stays inside, in the shared library and in the static one.
set(aiu_exports ${PROJECT_SOURCE_DIR}/lib/aiu/exports.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${aiu_exports})
file(STRINGS ${aiu_exports} aiu_symbols)
list(JOIN aiu_symbols ";\n        " aiu_globals)
set(aiu_map ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/libaiu.map)
file(CONFIGURE OUTPUT ${aiu_map} @ONLY
     CONTENT "{\n    global:\n        @aiu_globals@;\n    local:\n        *;\n};\n")

set(aiu_layers policy language detect audit secret codec base)
file(GLOB aiu_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/aiu/*.c)
add_library(libaiu_objects OBJECT ${aiu_sources})
aiu_sees(libaiu_objects ${aiu_layers})
target_link_libraries(libaiu_objects PRIVATE aiu_flags)

# What no object of libaiu itself uses (aiu_status_info) is asked for by name.
list(TRANSFORM aiu_symbols PREPEND "LINKER:--undefined=" OUTPUT_VARIABLE aiu_undefined)
add_library(libaiu_shared SHARED $<TARGET_OBJECTS:libaiu_objects>)
target_link_libraries(libaiu_shared PRIVATE aiu_flags ${aiu_layers} PkgConfig::hs PkgConfig::sodium
    PkgConfig::openssl Threads::Threads cld2::cld2)
target_include_directories(libaiu_shared INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_link_options(libaiu_shared PRIVATE LINKER:--version-script=${aiu_map} ${aiu_undefined})
set_target_properties(libaiu_shared PROPERTIES OUTPUT_NAME aiu SOVERSION 0
    VERSION ${PROJECT_VERSION} LINKER_LANGUAGE C LINK_DEPENDS ${aiu_map})

# The static library is one object: linked together from what is needed of the layers, with every
# symbol outside the list made local, so that names of ours (span_find, buf_append) can not clash
# with those of the program.
set(aiu_archive ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/libaiu.a)
set(aiu_whole ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/libaiu_whole.o)
list(TRANSFORM aiu_symbols PREPEND "--undefined=" OUTPUT_VARIABLE aiu_needed)
set(aiu_archives "")
foreach(layer IN LISTS aiu_layers)
    list(APPEND aiu_archives $<TARGET_FILE:${layer}>)
endforeach()
add_custom_command(OUTPUT ${aiu_archive}
    COMMAND ${CMAKE_LINKER} -r -o ${aiu_whole} ${aiu_needed} $<TARGET_OBJECTS:libaiu_objects>
            --start-group ${aiu_archives} --end-group
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${aiu_whole}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${aiu_archive}
    COMMAND ${CMAKE_AR} rcs ${aiu_archive} ${aiu_whole}
    DEPENDS libaiu_objects $<TARGET_OBJECTS:libaiu_objects> ${aiu_layers} ${aiu_exports}
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking libaiu.a")
add_custom_target(libaiu_archive ALL DEPENDS ${aiu_archive})
add_library(libaiu_static STATIC IMPORTED GLOBAL)
set_target_properties(libaiu_static PROPERTIES IMPORTED_LOCATION ${aiu_archive}
    INTERFACE_INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(libaiu_static INTERFACE PkgConfig::hs PkgConfig::sodium PkgConfig::openssl
    Threads::Threads cld2::cld2)
add_dependencies(libaiu_static libaiu_archive)

# Where the prefix lies from the pc file on, so that an installed tree can be moved.
file(RELATIVE_PATH aiu_pc_up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${PROJECT_SOURCE_DIR}/lib/aiu/aiu.pc.in ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/aiu.pc @ONLY)
install(TARGETS libaiu_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libaiu
    NAMELINK_COMPONENT libaiu)
install(FILES ${aiu_archive} COMPONENT libaiu DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/aiu.pc COMPONENT libaiu
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/aiu COMPONENT libaiu
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

if(cmocka_FOUND)
    add_subdirectory(${PROJECT_SOURCE_DIR}/tests/aiu ${PROJECT_BINARY_DIR}/tests_aiu)
endif()
