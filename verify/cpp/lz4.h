// The two functions of LZ4 that Verilator's FST writer calls, so that waves need neither LZ4's header nor its
// library. What they write is a valid LZ4 block of literals only: nothing gets smaller, every reader understands it.
// Block format: a token whose high half is the number of literals, or 15 and the rest of it in bytes of 255 and a
// last one below 255; then the literals. (LZ4 Block Format Description, github.com/lz4/lz4)
#pragma once

#include <cstring>

static inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

static inline int LZ4_compress_default(const char* source, char* target, int size, int capacity) {
    if (capacity < LZ4_compressBound(size)) return 0;
    const int longest_in_token = 15;
    char* at = target;
    *at++ = static_cast<char>((size < longest_in_token ? size : longest_in_token) << 4);
    if (size >= longest_in_token) {
        int rest = size - longest_in_token;
        for (; rest >= 255; rest -= 255) *at++ = static_cast<char>(255);
        *at++ = static_cast<char>(rest);
    }
    std::memcpy(at, source, static_cast<std::size_t>(size));
    return static_cast<int>(at - target) + size;
}
