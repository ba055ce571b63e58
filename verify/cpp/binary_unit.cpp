// Drives a Verilated model with ports clk, en, a, b, c and results: sets of operands from stdin, their results to stdout,
// in order, all as 32-bit words of the machine's byte order. Arguments: latency in enabled clocks, results a set.
//
// One clock in sixteen, drawn by a fixed generator, has en low and other operands at the inputs: nothing may move.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vunit.h"
#include "verilated.h"

namespace {

constexpr size_t kBlockSets = 1 << 14;

struct Operands {
    uint32_t a, b, c;
};

class Driver {
  public:
    explicit Driver(VerilatedContext* context) : unit_(context) {}

    // Takes a step, and returns the words at the output after it.
    const uint32_t* step(const Operands& operands) {
        draw_ = draw_ * 1664525u + 1013904223u;
        if (draw_ >> 28 == 0) clock({draw_, ~draw_, draw_ ^ (draw_ << 13)}, 0);
        clock(operands, 1);
        return unit_.results.data();
    }

  private:
    void clock(const Operands& operands, int enable) {
        unit_.clk = 0;
        unit_.eval();
        unit_.en = enable;
        unit_.a = operands.a;
        unit_.b = operands.b;
        unit_.c = operands.c;
        unit_.clk = 1;
        unit_.eval();
    }

    Vunit unit_;
    uint32_t draw_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const size_t latency = std::strtoul(argv[1], nullptr, 10);
    const size_t width = std::strtoul(argv[2], nullptr, 10);
    size_t early = latency - 1;  // steps until the first set's results stand at the output
    VerilatedContext context;
    Driver driver(&context);
    std::vector<Operands> sets(kBlockSets);
    std::vector<uint32_t> results;
    for (bool more = true; more;) {
        size_t count = std::fread(sets.data(), sizeof(Operands), kBlockSets, stdin);
        more = count == kBlockSets;
        if (!more) {
            sets.resize(count + latency - 1);
            count = sets.size();
        }
        results.clear();
        for (size_t i = 0; i < count; ++i) {
            const uint32_t* words = driver.step(sets[i]);
            if (early > 0) {
                --early;
            } else {
                results.insert(results.end(), words, words + width);
            }
        }
        if (std::fwrite(results.data(), sizeof(uint32_t), results.size(), stdout) != results.size()) return 1;
    }
    return 0;
}
