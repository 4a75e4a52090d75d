# mainstay: allow timeout/x because we said so
def f():  # after the header  # => comment own_line=false
    # own line  # => comment own_line=true parent=function
    g(  # => call callee=g
        1,  # inside arguments  # => comment own_line=false parent=call
        # own line inside  # => comment own_line=true parent=call
        [
            2,  # in a list  # => comment parent=call
        ],
    )
    if a:  # beside a condition  # => comment
        pass
    # before else  # => comment own_line=true parent=branch
    else:
        pass
    x = {
        # in a mapping  # => comment parent=assignment
        "a": 1,
    }
    y = (
        a
        # in a sum  # => comment parent=assignment
        + b
    )
    return (
        # in parentheses  # => comment parent=return
        q.filter()
        # in a chain  # => comment
        .all()
    )


@known  # after a decorator  # => comment
# between decorators  # => comment
@other
def g(
    a,  # a parameter  # => comment parent=function
    *,
    b=1,
):
    from m import (
        n,  # an import  # => comment
    )
    try:
        pass
    # before except  # => comment parent=try
    except A:  # beside except  # => comment parent=handler
        # in a handler  # => comment parent=handler
        pass
