// Runs programs on a Verilated heddle_accelerator (model Vtop) as a host does: by its registers and its interrupt.
//
// Arguments: the image's file, then numbers as NAME=NUMBER. program, next_program: where their headers stand (no next
// one: 0). beat_bytes (of a channel), latency, beat_clocks: memory. stall: chance in 256 that a channel rests for a clock, by seed.
// most_clocks. What happens in the first run, counted in clocks from the bench's start (0: never): reset_clock;
// abort_clock; silent_clock, from which on memory says nothing for silent_clocks. error_answer: the answer of memory,
// from 1 on (0: none), that is error_response. time_limit: what the host writes there.
//
// The image is read from the file and written back to it; one line of JSON a run goes to stdout. What breaks AXI's
// rules, and an answer of a register that is not what it must be, ends it with a line on stderr. A reset takes machine,
// host and memory back to where they began, except for the bytes written so far. A program that is not to be aborted is
// started once more, with another address, while it is busy: that must not be heard.

#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>

#include "Vtop.h"
#include "axi_host.h"
#include "axi_memory.h"
#include "heddle_registers.h"
#include "machine_ports.h"
#include "verilated.h"

namespace {

constexpr uint64_t kResetClocks = 2;
constexpr uint32_t kCounters[] = {
    HEDDLE_CYCLES_LOW_OFFSET,          HEDDLE_ARRAY_CYCLES_LOW_OFFSET,      HEDDLE_FILL_CYCLES_LOW_OFFSET,
    HEDDLE_LOAD_LEFT_CYCLES_LOW_OFFSET, HEDDLE_LOAD_RIGHT_CYCLES_LOW_OFFSET, HEDDLE_STORE_CYCLES_LOW_OFFSET,
    HEDDLE_FEED_CYCLES_LOW_OFFSET,     HEDDLE_DRAIN_CYCLES_LOW_OFFSET};
constexpr size_t kCounterCount = sizeof kCounters / sizeof *kCounters;
constexpr const char* kNames[kCounterCount] = {"cycles", "array", "fill", "load_left", "load_right", "store", "feed", "drain"};

uint32_t field(uint32_t word, uint32_t mask, int shift) { return (word & mask) >> shift; }

// What the host reads of a run.
struct Run {
    uint32_t pending = 0, status = 0, number = 0, status_at_stop = 0;
    long long stop_clock = -1;  // of the interrupt that told of the cause, from the start on
    std::array<uint32_t, kCounterCount> low{}, high{};

    void print(const Faults& faults) const {
        auto counter = [&](size_t at) { return static_cast<unsigned long long>(high[at]) << 32 | low[at]; };
        std::printf("{\"stop\": %u, \"stop_number\": %u, \"array_cause\": %u, ",
                    field(status, HEDDLE_STOP_MASK, HEDDLE_STOP_SHIFT), number,
                    field(status, HEDDLE_ARRAY_CAUSE_MASK, HEDDLE_ARRAY_CAUSE_SHIFT));
        std::printf("\"stop_clock\": %lld, \"stop_at_once\": %u, \"busy_at_stop\": %u, ", stop_clock,
                    field(status_at_stop, HEDDLE_STOP_MASK, HEDDLE_STOP_SHIFT),
                    field(status_at_stop, HEDDLE_BUSY_MASK, HEDDLE_BUSY_SHIFT));
        std::printf("\"error_master\": \"%s\", \"error_address\": %llu, ", faults.master(),
                    static_cast<unsigned long long>(faults.address()));
        for (size_t at = 0; at < kCounterCount; ++at)
            std::printf("\"%s\": %llu%s", kNames[at], counter(at), at + 1 < kCounterCount ? ", " : "}\n");
    }
};

// The driver: what the host does with one program after the other.
class Driver {
  public:
    Driver(const Settings& settings, Host& host, const Faults& faults)
        : settings_(settings), host_(host), faults_(faults), abort_clock_(settings["abort_clock"]) {}

    bool is_over() const { return state_ == kOver; }
    bool is_collecting() const { return state_ == kCollecting; }

    void reset() {
        run_ = {};
        program_ = settings_["program"];
        host_.read(HEDDLE_IDENTIFICATION_OFFSET, identification_);
        host_.read(HEDDLE_DESIGN_0_OFFSET, design_);
        host_.write(HEDDLE_INTERRUPT_ENABLE_OFFSET, HEDDLE_ENABLE_DONE_MASK | HEDDLE_ENABLE_STOPPED_MASK);
        start();
    }

    // Once a clock, after the host has moved.
    void step(uint64_t clock, bool interrupt) {
        if (clock && clock == abort_clock_) host_.write(HEDDLE_CONTROL_OFFSET, HEDDLE_ABORT_MASK);
        if (!host_.is_idle()) return;
        switch (state_) {
            case kStarting:
                if (identification_ != HEDDLE_EXPECTED_IDENTIFICATION || design_ != HEDDLE_EXPECTED_DESIGN_0)
                    fail(clock, "these are not the registers of this design");
                started_ = clock;
                state_ = kRunning;
                break;
            case kRunning:
                if (interrupt) {
                    host_.read(HEDDLE_INTERRUPT_PENDING_OFFSET, run_.pending);
                    host_.read(HEDDLE_STATUS_OFFSET, run_.status);
                    state_ = kAsking;
                }
                break;
            case kAsking:
                host_.write(HEDDLE_INTERRUPT_PENDING_OFFSET, run_.pending);
                if (run_.stop_clock < 0) {
                    run_.stop_clock = clock - started_;
                    run_.status_at_stop = run_.status;
                }
                if (run_.pending & HEDDLE_PENDING_DONE_MASK) {
                    if (run_.status & HEDDLE_BUSY_MASK) fail(clock, "it is done, and busy");
                    collect();
                } else {
                    state_ = kRunning;
                }
                break;
            case kCollecting:
                if (!(run_.status & HEDDLE_DONE_MASK)) fail(clock, "it does not say that it is done");
                end(clock);
                break;
            case kOver:
                break;
        }
    }

  private:
    enum State { kStarting, kRunning, kAsking, kCollecting, kOver };

    void start() {
        host_.write(HEDDLE_PROGRAM_ADDRESS_LOW_OFFSET, uint32_t(program_));
        host_.write(HEDDLE_PROGRAM_ADDRESS_HIGH_OFFSET, uint32_t(program_ >> 32));
        host_.write(HEDDLE_TIME_LIMIT_OFFSET, uint32_t(settings_["time_limit"]));
        host_.write(HEDDLE_CONTROL_OFFSET, HEDDLE_START_MASK);
        if (!abort_clock_) {  // else it may have ended before
            host_.write_at_once(HEDDLE_PROGRAM_ADDRESS_LOW_OFFSET, ~uint32_t(program_));
            host_.write_at_once(HEDDLE_CONTROL_OFFSET, HEDDLE_START_MASK);
        }
        state_ = kStarting;
    }

    void collect() {
        host_.read(HEDDLE_STATUS_OFFSET, run_.status);
        host_.read(HEDDLE_STOP_NUMBER_OFFSET, run_.number);
        for (size_t at = 0; at < kCounterCount; ++at) {
            host_.read(kCounters[at], run_.low[at]);
            host_.read(kCounters[at] + 4, run_.high[at]);
        }
        state_ = kCollecting;
    }

    void end(uint64_t clock) {
        if (!field(run_.status, HEDDLE_STOP_MASK, HEDDLE_STOP_SHIFT)) run_.stop_clock = -1;
        run_.print(faults_);
        run_ = {};
        state_ = kOver;
        if (!settings_["next_program"] || is_last_) return;
        is_last_ = true;
        program_ = settings_["next_program"];
        start();
    }

    const Settings& settings_;
    Host& host_;
    const Faults& faults_;
    uint64_t abort_clock_, program_ = 0, started_ = 0;
    bool is_last_ = false;
    uint32_t identification_ = 0, design_ = 0;
    State state_ = kStarting;
    Run run_;
};

// What memory does in a clock at the ports of channel AT, whose masters are called FETCH, LOAD and STORE.
#define OFFER(AT, FETCH, LOAD, STORE)                                                                              \
    fetch[AT].offer(clock, top.m_axi_##FETCH##_arready, top.m_axi_##FETCH##_rvalid, top.m_axi_##FETCH##_rdata,     \
                    top.m_axi_##FETCH##_rresp, top.m_axi_##FETCH##_rlast);                                         \
    load[AT].offer(clock, top.m_axi_##LOAD##_arready, top.m_axi_##LOAD##_rvalid, top.m_axi_##LOAD##_rdata,         \
                   top.m_axi_##LOAD##_rresp, top.m_axi_##LOAD##_rlast);                                            \
    store[AT].offer(clock, top.m_axi_##STORE##_awready, top.m_axi_##STORE##_wready, top.m_axi_##STORE##_bvalid,    \
                    top.m_axi_##STORE##_bresp);
#define ASKED(NAME, CHANNEL) \
    {top.m_axi_##NAME##_##CHANNEL##addr, top.m_axi_##NAME##_##CHANNEL##len, top.m_axi_##NAME##_##CHANNEL##size, \
     top.m_axi_##NAME##_##CHANNEL##burst}
#define MOVES(NAME, CHANNEL) (top.m_axi_##NAME##_##CHANNEL##valid && top.m_axi_##NAME##_##CHANNEL##ready)
#define MOVE(AT, FETCH, LOAD, STORE)                                                                    \
    fetch[AT].move(clock, MOVES(FETCH, ar), ASKED(FETCH, ar), MOVES(FETCH, r));                         \
    load[AT].move(clock, MOVES(LOAD, ar), ASKED(LOAD, ar), MOVES(LOAD, r));                             \
    store[AT].move(clock, MOVES(STORE, aw), ASKED(STORE, aw), MOVES(STORE, w), top.m_axi_##STORE##_wdata, \
                   top.m_axi_##STORE##_wstrb, top.m_axi_##STORE##_wlast, MOVES(STORE, b));

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const Settings settings(argc - 2, argv + 2);
    Memory memory(argv[1], settings["beat_bytes"]);
    Draws draws(settings["seed"]);
    Faults faults(settings);
    // A channel's masters are looked at in the order fetch, load, store.
    std::deque<Channel> channels;
    std::deque<Reads> fetch, load;
    std::deque<Writes> store;
    for (uint64_t at = 0; at < kChannels; ++at) {
        channels.emplace_back(settings, kChannels, at);
        fetch.emplace_back("fetch", settings, memory, channels[at], draws, faults);
        load.emplace_back("load", settings, memory, channels[at], draws, faults);
        store.emplace_back(settings, memory, channels[at], draws, faults);
    }
    VerilatedContext context;
    Vtop top(&context);
    Host host(top, draws, settings["stall"]);
    Driver driver(settings, host, faults);
    const uint64_t most_clocks = settings["most_clocks"], reset_clock = settings["reset_clock"];
    uint64_t clock = 0, begun = 0;  // the clock in which the last reset began
    for (; !driver.is_over(); ++clock) {
        if (clock == most_clocks) fail(clock, "the machine is still busy");
        top.clk = 0;
        if (clock && clock == reset_clock) begun = clock;
        top.rst = clock < begun + kResetClocks;
        HEDDLE_EACH_CHANNEL(OFFER)
        host.offer();
        top.eval();
        for (uint64_t at = 0; at < kChannels; ++at)
            if (driver.is_collecting() && !(fetch[at].is_idle() && load[at].is_idle() && store[at].is_idle()))
                fail(clock, "the machine is not busy, but memory is");
        HEDDLE_EACH_CHANNEL(MOVE)
        if (!top.rst) {
            host.move(clock);
            driver.step(clock, top.__SYM__interrupt);  // Verilator's name for a port whose own is a word of C++
        } else {
            for (uint64_t at = 0; at < kChannels; ++at) fetch[at].reset(), load[at].reset(), store[at].reset();
            host.reset(), driver.reset();
        }
        top.clk = 1;
        top.eval();
    }
    memory.save();
    return 0;
}
