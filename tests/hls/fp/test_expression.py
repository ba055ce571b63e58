"""Expressions: nodes and their order."""

from heddle.hls.fp.expression import Operation, in_order, narrow, scalar, square_root, stream


def test_operators_build_nodes_of_their_operation():
    a, b = stream("a"), scalar("b")
    operations = [node.operation for node in (a * b, a + b, a - b, a / b, square_root(a), narrow(a))]
    assert operations == [
        Operation.MULTIPLY,
        Operation.ADD,
        Operation.SUBTRACT,
        Operation.DIVIDE,
        Operation.SQUARE_ROOT,
        Operation.NARROW,
    ]


def test_every_needed_node_stands_once_and_after_its_operands():
    a, b = stream("a"), scalar("b")
    product = a * b
    root = square_root(product)
    total = product + root
    assert in_order([total, product]) == (a, b, product, root, total)
