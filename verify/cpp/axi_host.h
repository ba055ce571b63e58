// A host at the registers: one access at a time over AXI4-Lite, its channels late and in any order where it draws so.

#pragma once

#include <cstdint>
#include <deque>

#include "Vtop.h"
#include "axi_memory.h"

class Host {
  public:
    Host(Vtop& top, Draws& draws, uint64_t stall) : top_(top), draws_(draws), stall_(stall) {}

    void write(uint32_t offset, uint32_t value) { accesses_.push_back({true, offset, value, nullptr, stall_}); }
    void write_at_once(uint32_t offset, uint32_t value) { accesses_.push_back({true, offset, value, nullptr, 0}); }
    void read(uint32_t offset, uint32_t& into) { accesses_.push_back({false, offset, 0, &into, stall_}); }
    bool is_idle() const { return accesses_.empty(); }

    // Before the clock's edge: what is offered stays until it is taken.
    void offer() {
        const bool writes = !is_idle() && accesses_.front().writes, reads = !is_idle() && !writes;
        const uint64_t stall = is_idle() ? 0 : accesses_.front().stall;
        top_.s_axi_control_awvalid = aw_.offered(writes, draws_, stall);
        top_.s_axi_control_wvalid = w_.offered(writes, draws_, stall);
        top_.s_axi_control_arvalid = ar_.offered(reads, draws_, stall);
        if (!is_idle()) {
            top_.s_axi_control_awaddr = top_.s_axi_control_araddr = accesses_.front().offset;
            top_.s_axi_control_wdata = accesses_.front().value;
            top_.s_axi_control_wstrb = 0xf;
        }
        top_.s_axi_control_bready = writes && !draws_.happens(stall);
        top_.s_axi_control_rready = reads && !draws_.happens(stall);
    }

    // At the clock's edge.
    void move(uint64_t clock) {
        const bool has_asked = aw_.taken && w_.taken, has_wanted = ar_.taken;
        aw_.taken |= top_.s_axi_control_awvalid && top_.s_axi_control_awready;
        w_.taken |= top_.s_axi_control_wvalid && top_.s_axi_control_wready;
        ar_.taken |= top_.s_axi_control_arvalid && top_.s_axi_control_arready;
        if (top_.s_axi_control_bvalid && !has_asked) fail(clock, "a write is answered before it came");
        if (top_.s_axi_control_rvalid && !has_wanted) fail(clock, "a read is answered before it came");
        if (top_.s_axi_control_bvalid && top_.s_axi_control_bready) {
            end(clock, top_.s_axi_control_bresp);
        } else if (top_.s_axi_control_rvalid && top_.s_axi_control_rready) {
            *accesses_.front().into = top_.s_axi_control_rdata;
            end(clock, top_.s_axi_control_rresp);
        }
    }

    void reset() {
        accesses_.clear();
        aw_ = w_ = ar_ = {};
    }

  private:
    struct Access {
        bool writes;
        uint32_t offset, value;
        uint32_t* into;
        uint64_t stall;
    };

    // A channel of the access that is under way.
    struct Side {
        bool given = false, taken = false;

        bool offered(bool is_due, Draws& draws, uint64_t stall) {
            given = is_due && !taken && (given || !draws.happens(stall));
            return given;
        }
    };

    void end(uint64_t clock, unsigned response) {
        if (response) fail(clock, "a register answers with an error");
        accesses_.pop_front();
        aw_ = w_ = ar_ = {};
    }

    Vtop& top_;
    Draws& draws_;
    uint64_t stall_;
    std::deque<Access> accesses_;
    Side aw_, w_, ar_;
};
