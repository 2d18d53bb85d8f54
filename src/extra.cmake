add_subdirectory(mock)
