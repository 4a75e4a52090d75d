import asyncio
import os.path  # => import module=os.path name= alias=os whole=true
import numpy as np  # => import module=numpy alias=np whole=false
from requests import Session as S, get  # => import module=requests name=Session alias=S whole=false; import module=requests name=get alias=get
from .models import *  # => import module=.models name=* alias=*


def uses(client, other=3, *args, **kwargs):  # => function name=uses parameters=client,other=3,args...,kwargs... symbol=uses result= closure=false asynchronous=false
    send()  # => call callee=send use=dropped consumer=none constructor=false awaited=false
    client.send(1, "two", retry=None)  # => call callee=client.send arguments=1,"two",retry=null use=dropped
    sent = client.send(*args, **kwargs)  # => assignment targets=sent value=client.send() declaration=false operator==; call use=assigned consumer=assignment
    client.connect().send(encode(sent))  # => call callee=client.connect().send use=dropped; call callee=client.connect use=receiver consumer=call; call callee=encode use=argument
    if client.ready() and not client.closed():  # => branch style=if; call callee=client.ready use=condition consumer=branch; call callee=client.closed use=condition
        pass  # => pass parent=block
    if client.size() > 3:  # => call callee=client.size use=compared consumer=branch
        return send(), 4  # => return values=[send(),4]; call callee=send use=returned
    return sent or send()  # => return values=or(sent,send()); call use=returned consumer=return


async def waits(tasks: list[Task], name: str = "x") -> dict[str, int]:  # => function asynchronous=true result=map_int parameters=tasks:[]Task,name:str="x"
    await asyncio.sleep(2)  # => await value=asyncio.sleep(); call awaited=true use=dropped parent=await
    found = await fetch()  # => assignment value=await(fetch()); call callee=fetch awaited=true use=assigned
    async with session() as s:  # => with asynchronous=true items=(session(),s); call callee=session use=item
        yield s.get()  # => yield values=s.get(); call use=yielded
    async for row in s.rows():  # => loop style=each asynchronous=true targets=row; call use=iterated
        print(row)
    raise Gone("x") from found  # => raise value=Gone() cause=found; call callee=Gone use=raised


def chains(query):
    return (
        query.filter(a=1)  # => call callee=query.filter use=receiver
        .order()  # => call callee=query.filter().order use=receiver
        # a remark
        .all()  # => call callee=query.filter().order().all use=returned consumer=return; !call use=receiver
    )


@app.route("/x", methods=["GET"])  # => call callee=app.route use=item consumer=function parent=function
@staticmethod
def decorated():
    work = lambda x, y=2: x.trim()  # => function closure=true parameters=x,y=2 use=assigned consumer=assignment; call callee=x.trim use=returned consumer=function
    list(map(lambda: go(), []))  # => function use=argument consumer=call
    f(  # => call callee=f end=47
        1,  # a note
        *rest,
    )
    (yield)  # => yield values=
