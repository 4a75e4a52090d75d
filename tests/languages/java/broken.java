package com..example;

import java.util.; import ; import static;

class Broken extends implements Runnable {
    void whole(Client client) {
        client.send(1); // => call callee=client.send arguments=1 use=dropped
        for (int i = 0; i < ; ) { }
        if () { } else if { }
        x = ;
        int = 3;
        client..send(;
        new ;
        try (Reader r = ) { } catch ( ) { } finally
        switch (x) { case : default -> ; case 1, -> }
        label: ;
        a[] = b[;
        (a, ) -> { };
        x instanceof ;
        throw ;
        "open
    }

    @Retry(attempts = ) @ void (int , String... ) throws { return }
    record (int x, ) { }
    enum { A(, B { }; }
    int[] [] y = { 1, , };
    Broken( { this( ; }
