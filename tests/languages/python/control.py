class Made(make(3), Generic[T]):  # => class name=Made bases=make(3),Generic; call callee=make use=operand parent=class
    pass


class Service(Base, abc.ABC, metaclass=Meta):  # => class name=Service bases=Base,abc.ABC symbol=Service modifiers=
    """What it does."""

    limit = 3 * 1024  # => assignment targets=limit value=3072 symbol=Service parent=class
    name: str  # => assignment targets=name type=str value=null declaration=true

    @property
    def size(self) -> int:  # => function name=size symbol=Service.size result=int decorators=property
        return self._size  # => return values=self._size

    def method(self):
        def inner():  # => function symbol=Service.method.inner closure=false
            nonlocal x
        self.pool[key] = 1  # => assignment targets=self.pool[] value=1; index mode=write object=self.pool keys=key


def branches(x):
    if a:  # => branch condition=a style=if
        pass  # => block arm=then parent=branch; pass parent=block
    elif b == 2:  # => block arm=else; branch condition===(b,2) parent=block
        pass
    else:
        pass  # => block arm=else parent=branch
    match command:  # => branch style=match condition=command
        case "go":
            go()  # => block arm=case label="go"; call parent=block use=dropped
        case Stop(now=True) if sure():  # => call callee=sure use=condition consumer=branch
            stop()  # => block arm=case label=Stop(now=True)
        case 1 | 2, x:
            stop()  # => block arm=case label=1_|_2,_x
        case _:
            stop()  # => block arm=default
    y = 1 if ready() else other()  # => assignment value=?:(ready(),1,other()); call callee=ready use=condition; call callee=other use=assigned
    if (n := count()) > 3:  # => assignment targets=n value=count(); call use=assigned
        pass


def loops(xs):
    for i, (a, b) in enumerate(xs):  # => loop style=each targets=i,a,b iterable=enumerate()
        continue  # => continue label=; block arm=body
    else:
        pass  # => block arm=else parent=loop
    while ready():  # => loop style=while condition=ready(); call use=condition consumer=loop
        break  # => break label=
    while True:  # => loop style=forever condition=true
        pass  # => block arm=body parent=loop
    rows = [f(x) for x in xs if ok(x)]  # => loop style=comprehension targets=x iterable=xs lazy=false; call callee=f use=element; call callee=ok use=condition
    lazy = sum(g(x) for x in xs)  # => loop style=comprehension lazy=true; call callee=sum use=assigned


def guards():
    try:  # => try
        work()  # => block arm=body parent=try
    except (ValueError, http.Error) as e:  # => handler types=ValueError,http.Error variable=e style=catch parent=try
        log(e)  # => call parent=handler
    except Exception:  # => handler types=Exception variable=
        pass  # => pass parent=handler
    except:  # => handler types= variable=
        raise  # => raise value=null cause=null
    else:
        pass  # => block arm=else parent=try
    finally:
        close()  # => block arm=finally parent=try
    with open(p) as f, lock:  # => with items=(open(),f),(lock,); call callee=open use=item consumer=with
        f.read()  # => call callee=f.read use=dropped parent=block
    with (
        a() as b,  # => call callee=a use=item
        c(),  # => call callee=c use=item
    ):
        pass
    assert ready(), "x"  # => call callee=ready use=operand
    del cache[key], name  # => delete targets=cache[],name; index mode=write
