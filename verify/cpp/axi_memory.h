// Memory behind AXI4 masters, and what may be wrong with it.
//
// Memory answers in order: a burst's first beat comes `latency` clocks after its request, and a channel of memory moves
// one beat each `beat_clocks`. The channels share memory beat by beat, and each has ports of its own. What breaks AXI's
// rules ends the run with a line on stderr.

#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

constexpr uint64_t kPageBytes = 4096;
constexpr unsigned kDecodeError = 3;

// What the bench is told, each as NAME=NUMBER.
class Settings {
  public:
    Settings(int count, char** words) {
        for (int at = 0; at < count; ++at) {
            const std::string word = words[at];
            const size_t split = word.find('=');
            if (split == std::string::npos) std::exit(2);
            numbers_[word.substr(0, split)] = std::strtoull(word.c_str() + split + 1, nullptr, 10);
        }
    }
    uint64_t operator[](const char* name) const {
        const auto found = numbers_.find(name);
        if (found == numbers_.end()) {
            std::fprintf(stderr, "no number is called %s\n", name);
            std::exit(2);
        }
        return found->second;
    }

  private:
    std::map<std::string, uint64_t> numbers_;
};

[[noreturn]] inline void fail(uint64_t clock, const char* what) {
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

// What goes wrong: one answer of all is an error, and for some clocks memory says nothing at all.
class Faults {
  public:
    explicit Faults(const Settings& settings)
        : answer_(settings["error_answer"]), response_(settings["error_response"]), from_(settings["silent_clock"]),
          until_(from_ + settings["silent_clocks"]) {}
    // The response of the next beat that is read or burst that is written, counted over all masters from 1.
    unsigned response(const char* master, uint64_t address) {
        if (++answers_ != answer_) return 0;
        master_ = master, address_ = address;
        return response_;
    }
    // Whose answer was the error, and where it stands; "" where there was none.
    const char* master() const { return master_; }
    uint64_t address() const { return address_; }
    bool is_silent(uint64_t clock) const { return clock >= from_ && clock < until_; }

  private:
    uint64_t answer_, response_, from_, until_, answers_ = 0, address_ = 0;
    const char* master_ = "";
};

class Memory {
  public:
    Memory(const char* image, uint64_t beat_bytes) : image_(image), beat_bytes_(beat_bytes) {
        std::FILE* file = std::fopen(image, "rb");
        if (!file) fail(0, "the image cannot be read");
        std::fseek(file, 0, SEEK_END);
        bytes_.resize(std::ftell(file));
        std::rewind(file);
        if (std::fread(bytes_.data(), 1, bytes_.size(), file) != bytes_.size()) fail(0, "the image cannot be read");
        std::fclose(file);
    }

    bool holds(uint64_t address) const { return address + beat_bytes_ <= bytes_.size(); }
    uint8_t& at(uint64_t address) { return bytes_[address]; }

    void save() const {
        std::FILE* file = std::fopen(image_.c_str(), "wb");
        if (!file || std::fwrite(bytes_.data(), 1, bytes_.size(), file) != bytes_.size()) fail(0, "the image cannot be written");
        std::fclose(file);
    }

  private:
    std::string image_;
    uint64_t beat_bytes_;
    std::vector<uint8_t> bytes_;
};

// A channel of memory, which all masters share: a beat each `beat_clocks`.
class Channel {
  public:
    Channel(const Settings& settings, uint64_t channels, uint64_t number)
        : beat_clocks_(settings["beat_clocks"]), beat_bytes_(settings["beat_bytes"]), channels_(channels), number_(number) {}
    // Where in memory a byte stands that has this address in the channel.
    uint64_t whole(uint64_t address) const {
        return (address / beat_bytes_ * channels_ + number_) * beat_bytes_ + address % beat_bytes_;
    }
    bool is_free(uint64_t clock) const { return clock >= free_at_; }
    void take(uint64_t clock) { free_at_ = clock + beat_clocks_; }

  private:
    uint64_t beat_clocks_, beat_bytes_, channels_, number_, free_at_ = 0;
};

class Reads {
  public:
    Reads(const char* name, const Settings& settings, Memory& memory, Channel& channel, Draws& draws, Faults& faults)
        : name_(name), latency_(settings["latency"]), beat_bytes_(settings["beat_bytes"]), stall_(settings["stall"]), memory_(memory),
          channel_(channel), draws_(draws), faults_(faults) {}

    // A port's bytes lie as in memory, however wide Verilator makes its words.
    template <class Port>
    void offer(uint64_t clock, uint8_t& ar_ready, uint8_t& r_valid, Port& r_data, uint8_t& r_resp, uint8_t& r_last) {
        const bool silent = faults_.is_silent(clock);
        ar_ready = !draws_.happens(stall_) && !silent;
        if (!offers_ && !silent && !bursts_.empty() && bursts_.front().ready_at <= clock && channel_.is_free(clock) &&
            !draws_.happens(stall_)) {
            offers_ = true;
            channel_.take(clock);
            const Burst& burst = bursts_.front();
            const uint64_t beat = beat_bytes_;
            const uint64_t address = channel_.whole((burst.address / beat + given_) * beat);
            const bool holds = memory_.holds(address);
            if (holds) std::memcpy(&r_data, &memory_.at(address), beat);
            else std::memset(&r_data, 0, beat);
            r_resp = faults_.response(name_, address);
            // What comes with an error is nothing to go by.
            if (r_resp) std::memset(&r_data, 0xa5, beat);
            if (!holds) r_resp = kDecodeError;
            r_last = given_ + 1 == burst.beats;
        }
        r_valid = offers_;
    }

    void move(uint64_t clock, bool requests, const Request& request, bool takes) {
        if (requests) bursts_.emplace_back(request, beat_bytes_, clock + latency_, clock);
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
    const char* name_;
    uint64_t latency_, beat_bytes_, stall_;
    Memory& memory_;
    Channel& channel_;
    Draws& draws_;
    Faults& faults_;
    std::deque<Burst> bursts_;
    uint64_t given_ = 0;
    bool offers_ = false;
};

class Writes {
  public:
    Writes(const Settings& settings, Memory& memory, Channel& channel, Draws& draws, Faults& faults)
        : latency_(settings["latency"]), beat_bytes_(settings["beat_bytes"]), stall_(settings["stall"]), memory_(memory),
          channel_(channel), draws_(draws), faults_(faults) {}

    void offer(uint64_t clock, uint8_t& aw_ready, uint8_t& w_ready, uint8_t& b_valid, uint8_t& b_resp) {
        const bool silent = faults_.is_silent(clock);
        aw_ready = !draws_.happens(stall_) && !silent;
        w_ready = !silent && !bursts_.empty() && channel_.is_free(clock) && !draws_.happens(stall_);
        if (!offers_ && !silent && !answers_.empty() && answers_.front().at <= clock && !draws_.happens(stall_)) {
            offers_ = true;
            b_resp = faults_.response("store", answers_.front().address);
            if (answers_.front().response) b_resp = answers_.front().response;
        }
        b_valid = offers_;
    }

    template <class Port, class Strobes>
    void move(uint64_t clock, bool requests, const Request& request, bool gives, const Port& w_data,
              const Strobes& w_strobes, bool is_last, bool answered) {
        if (gives) {
            channel_.take(clock);
            Burst& burst = bursts_.front();
            const uint64_t beat = beat_bytes_, address = channel_.whole((burst.address / beat + taken_) * beat);
            const bool holds = memory_.holds(address);
            if (!holds) response_ = kDecodeError;
            const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&w_data);
            const uint8_t* strobes = reinterpret_cast<const uint8_t*>(&w_strobes);
            for (uint64_t i = 0; i < beat && holds; ++i)
                if (strobes[i / 8] >> i % 8 & 1) memory_.at(address + i) = bytes[i];
            if (is_last != (++taken_ == burst.beats)) fail(clock, "WLAST is not at a burst's last beat");
            if (is_last) {
                answers_.push_back({clock + latency_, response_, channel_.whole(burst.address)});
                bursts_.pop_front();
                taken_ = response_ = 0;
            }
        }
        if (requests) bursts_.emplace_back(request, beat_bytes_, clock, clock);
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
        uint64_t address;
    };
    uint64_t latency_, beat_bytes_, stall_;
    Memory& memory_;
    Channel& channel_;
    Draws& draws_;
    Faults& faults_;
    std::deque<Burst> bursts_;
    std::deque<Answer> answers_;
    uint64_t taken_ = 0;
    unsigned response_ = 0;
    bool offers_ = false;
};
