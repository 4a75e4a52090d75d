package shop.inventory;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reserves stock in the warehouse. */
public class Reservations implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reservations.class);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
  private final ExecutorService workers = Executors.newFixedThreadPool(8);
  private final ReentrantLock lock = new ReentrantLock();
  private int reserved;

  public int reserve(String article, int count) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://warehouse.example.org/" + article))
            .build();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    lock.lock();
    if (answer.statusCode() != 200) {
      return 0;
    }
    reserved += count;
    lock.unlock();
    return reserved;
  }

  public void pause() {
    while (reserved > 100) {
      try {
        Thread.sleep(500);
      } catch (InterruptedException e) {
        LOG.warn("woken up early");
      }
    }
  }

  @Override
  public void close() {}
}
