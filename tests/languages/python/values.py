LIMIT = 2**10 + 0x10 - 1_000  # => assignment targets=LIMIT value=40
HALF = 7 / 2  # => assignment value=3.5
TEXT = "a" "b" + 'c'  # => assignment value="abc"
BYTES = b"x"
NAMES: list[str] = ["a", f"{x}-{y()}"]  # => assignment targets=NAMES type=[]str value=["a",template(x,y())]; call callee=y use=operand
TABLE = {"a": 1, **more, b: f()}  # => assignment targets=TABLE value={"a":1,dictionary_splat(more):dictionary_splat(more),b:f()}; call callee=f use=element
a, (b, *c) = 1, g()  # => assignment targets=a,b,c value=[1,g()]; call callee=g use=assigned
x = y = h()  # => assignment targets=x,y value=h(); call callee=h use=assigned; !assignment targets=y


def values(self):
    flag = not None  # => assignment value=not(null)
    n = -3  # => assignment value=-3
    s = xs[1:2]  # => index object=xs keys=slice(1,2) mode=read; assignment value=xs[]
    t = m[a, "k"].b  # => index object=m keys=a,"k"; assignment value=m[].b
    self.total += k()  # => assignment targets=self.total operator=+=; call callee=k use=assigned
    p, self.q, r[0] = 1, 2, 3  # => assignment targets=p,self.q,r[] value=[1,2,3]; index mode=write
    u: int = 3  # => assignment targets=u type=int declaration=true
    v: int  # => assignment targets=v type=int value=null declaration=true
    w = a < b <= c()  # => call callee=c use=compared
    z = "%s" % name  # => assignment value=%("%s",name)
    e = ...  # => assignment value=?
    i = j = k()  # => assignment targets=i,j value=k(); call callee=k use=assigned
    escaped = "tab\t'x' \x41é" r"raw\n"  # => assignment value="tab\t'x'_Aéraw\\n"
