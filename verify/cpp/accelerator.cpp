// Runs a Verilated heddle_accelerator (model Vtop) on a memory image, and writes the image as it stands at the end.
//
// Arguments: image file, its program's address, bytes of a beat, latency of memory in clocks, clocks a beat takes, chance
// in 256 that a channel stalls for a clock, seed of these stalls, most clocks, clock of a reset (0: none). The image is
// read from the file and written back to it; one line of JSON goes to stdout. What breaks AXI's rules ends the run with
// a line on stderr. A reset takes machine and memory back to where they began, except for the bytes written so far.
// While the machine is busy `start` comes now and then, with another address: it must not be heard.
//
// Memory answers in order: a burst's first beat comes `latency` clocks after its request, and all channels together move
// one beat each `beat_clocks`.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr unsigned kDecodeError = 3;

struct Settings {
    std::string image;
    uint64_t program, beat_bytes, latency, beat_clocks, stall, seed, most_clocks, reset_clock;
};

[[noreturn]] void fail(uint64_t clock, const char* what) {
    std::fprintf(stderr, "clock %llu: %s\n", static_cast<unsigned long long>(clock), what);
    std::exit(3);
}

// What a master asks for on AR or AW.
struct Request {
    uint64_t address, len, size, burst;
};

struct Burst {
    uint64_t address, beats, ready_at;

    Burst(const Request& request, uint64_t beat_bytes, uint64_t ready, uint64_t clock)
        : address(request.address), beats(request.len + 1), ready_at(ready) {
        if (1ull << request.size != beat_bytes || request.burst != 1)
            fail(clock, "a burst of another size or kind than INCR beats");
        const uint64_t first = address / beat_bytes * beat_bytes;
        if (first / kPageBytes != (first + beats * beat_bytes - 1) / kPageBytes) fail(clock, "a burst leaves its page");
    }
};

class Draws {
  public:
    explicit Draws(uint64_t seed) : state_(seed * 2 + 1) {}
    bool happens(uint64_t of_256) {
        state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
        return (state_ >> 40 & 0xff) < of_256;
    }

  private:
    uint64_t state_;
};

class Memory {
  public:
    explicit Memory(const Settings& settings) : settings_(settings) {
        std::FILE* file = std::fopen(settings.image.c_str(), "rb");
        if (!file) fail(0, "the image cannot be read");
        std::fseek(file, 0, SEEK_END);
        bytes_.resize(std::ftell(file));
        std::rewind(file);
        if (std::fread(bytes_.data(), 1, bytes_.size(), file) != bytes_.size()) fail(0, "the image cannot be read");
        std::fclose(file);
    }

    bool holds(uint64_t address) const { return address + settings_.beat_bytes <= bytes_.size(); }
    uint8_t& at(uint64_t address) { return bytes_[address]; }

    void save() const {
        std::FILE* file = std::fopen(settings_.image.c_str(), "wb");
        if (!file || std::fwrite(bytes_.data(), 1, bytes_.size(), file) != bytes_.size()) fail(0, "the image cannot be written");
        std::fclose(file);
    }

  private:
    const Settings& settings_;
    std::vector<uint8_t> bytes_;
};

// The channel that all masters share: a beat each `beat_clocks`.
class Channel {
  public:
    explicit Channel(uint64_t beat_clocks) : beat_clocks_(beat_clocks) {}
    bool is_free(uint64_t clock) const { return clock >= free_at_; }
    void take(uint64_t clock) { free_at_ = clock + beat_clocks_; }

  private:
    uint64_t beat_clocks_, free_at_ = 0;
};

class Reads {
  public:
    Reads(const Settings& settings, Memory& memory, Channel& channel, Draws& draws)
        : settings_(settings), memory_(memory), channel_(channel), draws_(draws) {}

    // A port's bytes lie as in memory, however wide Verilator makes its words.
    template <class Port>
    void offer(uint64_t clock, uint8_t& ar_ready, uint8_t& r_valid, Port& r_data, uint8_t& r_resp, uint8_t& r_last) {
        ar_ready = !draws_.happens(settings_.stall);
        if (!offers_ && !bursts_.empty() && bursts_.front().ready_at <= clock && channel_.is_free(clock) &&
            !draws_.happens(settings_.stall)) {
            offers_ = true;
            channel_.take(clock);
            const Burst& burst = bursts_.front();
            const uint64_t beat = settings_.beat_bytes;
            const uint64_t address = (burst.address / beat + given_) * beat;
            const bool holds = memory_.holds(address);
            if (holds) std::memcpy(&r_data, &memory_.at(address), beat);
            else std::memset(&r_data, 0, beat);
            r_resp = holds ? 0 : kDecodeError;
            r_last = given_ + 1 == burst.beats;
        }
        r_valid = offers_;
    }

    void move(uint64_t clock, bool requests, const Request& request, bool takes) {
        if (requests) bursts_.emplace_back(request, settings_.beat_bytes, clock + settings_.latency, clock);
        if (takes) {
            offers_ = false;
            if (++given_ == bursts_.front().beats) {
                bursts_.pop_front();
                given_ = 0;
            }
        }
    }

    bool is_idle() const { return bursts_.empty(); }

    void reset() {
        bursts_.clear();
        given_ = 0;
        offers_ = false;
    }

  private:
    const Settings& settings_;
    Memory& memory_;
    Channel& channel_;
    Draws& draws_;
    std::deque<Burst> bursts_;
    uint64_t given_ = 0;
    bool offers_ = false;
};

class Writes {
  public:
    Writes(const Settings& settings, Memory& memory, Channel& channel, Draws& draws)
        : settings_(settings), memory_(memory), channel_(channel), draws_(draws) {}

    void offer(uint64_t clock, uint8_t& aw_ready, uint8_t& w_ready, uint8_t& b_valid, uint8_t& b_resp) {
        aw_ready = !draws_.happens(settings_.stall);
        w_ready = !bursts_.empty() && channel_.is_free(clock) && !draws_.happens(settings_.stall);
        if (!offers_ && !answers_.empty() && answers_.front().at <= clock && !draws_.happens(settings_.stall)) {
            offers_ = true;
            b_resp = answers_.front().response;
        }
        b_valid = offers_;
    }

    template <class Port>
    void move(uint64_t clock, bool requests, const Request& request, bool gives, const Port& w_data, uint64_t w_strobes,
              bool is_last, bool answered) {
        if (gives) {
            channel_.take(clock);
            Burst& burst = bursts_.front();
            const uint64_t beat = settings_.beat_bytes, address = (burst.address / beat + taken_) * beat;
            const bool holds = memory_.holds(address);
            if (!holds) response_ = kDecodeError;
            const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&w_data);
            for (uint64_t i = 0; i < beat && holds; ++i)
                if (w_strobes >> i & 1) memory_.at(address + i) = bytes[i];
            if (is_last != (++taken_ == burst.beats)) fail(clock, "WLAST is not at a burst's last beat");
            if (is_last) {
                answers_.push_back({clock + settings_.latency, response_});
                bursts_.pop_front();
                taken_ = response_ = 0;
            }
        }
        if (requests) bursts_.emplace_back(request, settings_.beat_bytes, clock, clock);
        if (answered) {
            offers_ = false;
            answers_.pop_front();
        }
    }

    bool is_idle() const { return bursts_.empty() && answers_.empty(); }

    void reset() {
        bursts_.clear();
        answers_.clear();
        taken_ = response_ = 0;
        offers_ = false;
    }

  private:
    struct Answer {
        uint64_t at;
        unsigned response;
    };
    const Settings& settings_;
    Memory& memory_;
    Channel& channel_;
    Draws& draws_;
    std::deque<Burst> bursts_;
    std::deque<Answer> answers_;
    uint64_t taken_ = 0;
    unsigned response_ = 0;
    bool offers_ = false;
};

Settings settings_of(char** argv) {
    auto number = [&](int at) { return std::strtoull(argv[at], nullptr, 10); };
    return {argv[1], number(2), number(3), number(4), number(5), number(6), number(7), number(8), number(9)};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 10) return 2;
    const Settings settings = settings_of(argv);
    Memory memory(settings);
    Channel channel(settings.beat_clocks);
    Draws draws(settings.seed);
    Reads fetch(settings, memory, channel, draws), load(settings, memory, channel, draws);
    Writes store(settings, memory, channel, draws);
    VerilatedContext context;
    Vtop top(&context);
    uint64_t clock = 0, begun = 0;  // the clock in which the last reset began
    for (bool has_begun = false;; ++clock) {
        if (clock == settings.most_clocks) fail(clock, "the machine is still busy");
        top.clk = 0;
        if (clock && clock == settings.reset_clock) begun = clock;
        const bool starts = clock == begun + 2;
        top.rst = clock < begun + 2;
        top.start = starts || (has_begun && top.busy && draws.happens(16));
        top.program_address = starts ? settings.program : ~settings.program;
        fetch.offer(clock, top.m_axi_fetch_arready, top.m_axi_fetch_rvalid, top.m_axi_fetch_rdata, top.m_axi_fetch_rresp,
                    top.m_axi_fetch_rlast);
        load.offer(clock, top.m_axi_load_arready, top.m_axi_load_rvalid, top.m_axi_load_rdata, top.m_axi_load_rresp,
                   top.m_axi_load_rlast);
        store.offer(clock, top.m_axi_store_awready, top.m_axi_store_wready, top.m_axi_store_bvalid, top.m_axi_store_bresp);
        top.eval();
        if (has_begun && !top.busy) break;
        has_begun = clock > begun + 3;
        fetch.move(clock, top.m_axi_fetch_arvalid && top.m_axi_fetch_arready,
                   {top.m_axi_fetch_araddr, top.m_axi_fetch_arlen, top.m_axi_fetch_arsize, top.m_axi_fetch_arburst},
                   top.m_axi_fetch_rvalid && top.m_axi_fetch_rready);
        load.move(clock, top.m_axi_load_arvalid && top.m_axi_load_arready,
                  {top.m_axi_load_araddr, top.m_axi_load_arlen, top.m_axi_load_arsize, top.m_axi_load_arburst},
                  top.m_axi_load_rvalid && top.m_axi_load_rready);
        store.move(clock, top.m_axi_store_awvalid && top.m_axi_store_awready,
                   {top.m_axi_store_awaddr, top.m_axi_store_awlen, top.m_axi_store_awsize, top.m_axi_store_awburst},
                   top.m_axi_store_wvalid && top.m_axi_store_wready, top.m_axi_store_wdata, top.m_axi_store_wstrb,
                   top.m_axi_store_wlast, top.m_axi_store_bvalid && top.m_axi_store_bready);
        if (top.rst) fetch.reset(), load.reset(), store.reset();
        top.clk = 1;
        top.eval();
    }
    if (!fetch.is_idle() || !load.is_idle() || !store.is_idle()) fail(clock, "the machine is not busy, but memory is");
    memory.save();
    auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("{\"cycles\": %llu, \"stop\": %u, \"stop_number\": %u, \"array_cause\": %u, \"array\": %llu, ", number(top.cycles),
                unsigned(top.stop), unsigned(top.stop_number), unsigned(top.array_cause), number(top.array_cycles));
    std::printf("\"stalls\": {\"fill\": %llu, \"load_left\": %llu, \"load_right\": %llu, \"store\": %llu, \"feed\": %llu, \"drain\": %llu}}\n",
                number(top.fill_cycles), number(top.load_left_cycles), number(top.load_right_cycles),
                number(top.store_cycles), number(top.feed_cycles), number(top.drain_cycles));
    return 0;
}
