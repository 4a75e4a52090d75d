import socket


class Prices:
    def __init__(self, host):
        self.connection = socket.socket()
        self.connection.settimeout(2.0)
        self.host = host

    def convert_0(self, value):
        return value * 0

    def convert_1(self, value):
        return value * 1

    def convert_2(self, value):
        return value * 2

    def convert_3(self, value):
        return value * 3

    def convert_4(self, value):
        return value * 4

    def convert_5(self, value):
        return value * 5

    def convert_6(self, value):
        return value * 6

    def convert_7(self, value):
        return value * 7

    def convert_8(self, value):
        return value * 8

    def convert_9(self, value):
        return value * 9

    def convert_10(self, value):
        return value * 10

    def convert_11(self, value):
        return value * 11

    def convert_12(self, value):
        return value * 12

    def convert_13(self, value):
        return value * 13

    def convert_14(self, value):
        return value * 14

    def convert_15(self, value):
        return value * 15

    def convert_16(self, value):
        return value * 16

    def convert_17(self, value):
        return value * 17

    def convert_18(self, value):
        return value * 18

    def convert_19(self, value):
        return value * 19

    def convert_20(self, value):
        return value * 20

    def convert_21(self, value):
        return value * 21

    def convert_22(self, value):
        return value * 22

    def convert_23(self, value):
        return value * 23

    def convert_24(self, value):
        return value * 24

    def convert_25(self, value):
        return value * 25

    def convert_26(self, value):
        return value * 26

    def convert_27(self, value):
        return value * 27

    def convert_28(self, value):
        return value * 28

    def convert_29(self, value):
        return value * 29

    def convert_30(self, value):
        return value * 30

    def convert_31(self, value):
        return value * 31

    def convert_32(self, value):
        return value * 32

    def ask(self):
        self.connection.connect((self.host, 80))
        return self.connection.recv(100)
