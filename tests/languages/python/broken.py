import
from x import
def f(a, =3, *) -> :
    y = g(1)  # => call callee=g arguments=1
    return h(
    x = [for y in]
    with as b:
        pass
    try
        a(
    except (A, as e:
        b[]
    lambda: (
    m = {1: , **}
    await
    del
class (:
    @
    def
