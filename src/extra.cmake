add_subdirectory(mock)
add_subdirectory(${PROJECT_SOURCE_DIR}/bench ${PROJECT_BINARY_DIR}/bench)
add_subdirectory(verify)
add_subdirectory(witness)
