// Nothing: the target that this belongs to is a precompiled header (Tutti.cmake).
