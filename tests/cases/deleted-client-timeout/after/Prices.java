import java.net.HttpURLConnection;
import java.net.URL;

class Prices {
  private final HttpURLConnection connection;

  Prices(URL url) throws Exception {
    this.connection = (HttpURLConnection) url.openConnection();
  }

  static int convert0(int value) {
    return value * 0;
  }

  static int convert1(int value) {
    return value * 1;
  }

  static int convert2(int value) {
    return value * 2;
  }

  static int convert3(int value) {
    return value * 3;
  }

  static int convert4(int value) {
    return value * 4;
  }

  static int convert5(int value) {
    return value * 5;
  }

  static int convert6(int value) {
    return value * 6;
  }

  static int convert7(int value) {
    return value * 7;
  }

  static int convert8(int value) {
    return value * 8;
  }

  static int convert9(int value) {
    return value * 9;
  }

  static int convert10(int value) {
    return value * 10;
  }

  static int convert11(int value) {
    return value * 11;
  }

  static int convert12(int value) {
    return value * 12;
  }

  static int convert13(int value) {
    return value * 13;
  }

  static int convert14(int value) {
    return value * 14;
  }

  static int convert15(int value) {
    return value * 15;
  }

  static int convert16(int value) {
    return value * 16;
  }

  static int convert17(int value) {
    return value * 17;
  }

  static int convert18(int value) {
    return value * 18;
  }

  static int convert19(int value) {
    return value * 19;
  }

  static int convert20(int value) {
    return value * 20;
  }

  static int convert21(int value) {
    return value * 21;
  }

  static int convert22(int value) {
    return value * 22;
  }

  static int convert23(int value) {
    return value * 23;
  }

  int ask() throws Exception {
    return this.connection.getResponseCode();
  }
}
