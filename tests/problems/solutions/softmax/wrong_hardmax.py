"""Wrong: all the weight on the largest score."""


def softmax(x, axis=-1):
    top = x == x.max(axis=axis, keepdims=True)
    return top / top.sum(axis=axis, keepdims=True)
