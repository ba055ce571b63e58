"""What is proven of the gearboxes: the slicer's pieces are the words' elements, each once and in order."""

from __future__ import annotations

from amaranth.hdl import Assert, Assume, Cat, Mux, Signal, Value

from heddle.hls.gear.slicer import Slicer
from heddle.hls.stream.handshake import transfer
from heddle.verify.properties import Harness, stability


def slices_are_the_stream(slicer: Slicer) -> Harness:
    """Of a transfer without end, as how it ends is the settings' matter: no element is lost, doubled or moved.

    The slicer's unit is an element. The solver picks an element of any word; it leaves in its turn, in its own place.
    """
    watch, place = Signal(), Signal(range(slicer.units))
    harness = stability(slicer, watch, place)
    m = harness.module
    word, cut, piece = slicer.words.payload, slicer.cuts.payload, slicer.pieces.payload
    entered, cuts = transfer(slicer.words), transfer(slicer.cuts)
    m.d.sync += [
        Assume(~word.last & (word.bytes == len(word.data) // 8)),
        Assume((cut.count != 0) & (cut.count <= slicer.most) & ~cut.last),
        Assert(~(slicer.has_older & slicer.older.last) & ~(slicer.has_newer & slicer.newer.last)),
    ]
    held = Signal(range(2 * slicer.units + 1))  # elements that entered and are in no cut
    gone = Mux(cuts, cut.count, 0)
    m.d.sync += [
        held.eq(held + Mux(entered, slicer.units, 0) - gone),
        Assert(held == Mux(slicer.has_older, slicer.units - slicer.offset, 0) + Mux(slicer.has_newer, slicer.units, 0)),
        Assert(slicer.has_older | (slicer.offset == 0)),
        Assert(~cuts | (cut.count <= held)),
    ]
    watched, ahead = Signal(), Signal(range(2 * slicer.units))
    element = Signal(slicer.element_bits)
    leaves, left_from = Signal(), Signal(range(slicer.most))
    m.d.sync += [leaves.eq(watched & (ahead < gone)), left_from.eq(ahead)]
    with m.If(watched):
        m.d.sync += [watched.eq(ahead >= gone), ahead.eq(ahead - gone)]
    with m.Elif(entered & watch):
        m.d.sync += [watched.eq(1), ahead.eq(held - gone + place)]
        m.d.sync += element.eq(word.data.word_select(place, slicer.element_bits))
    behind = Cat(slicer.older.data, slicer.newer.data)
    stands = Mux(slicer.has_older, slicer.offset + ahead, slicer.units + ahead)
    m.d.sync += [
        Assert(~leaves | (slicer.pieces.valid & (piece.elements[left_from] == element))),
        Assert(~watched | ((ahead < held) & (_element(behind, stands, slicer) == element))),
    ]
    return harness


def _element(words: Value, place: Value, slicer: Slicer) -> Value:
    """The element at ``place`` of the two words."""
    return words.word_select(place[: slicer.units.bit_length()], slicer.element_bits)
