package shop.inventory;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
            .timeout(Duration.ofSeconds(3))
            .build();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    lock.lock();
    try {
      if (answer.statusCode() != 200) {
        return 0;
      }
      reserved += count;
      return reserved;
    } finally {
      lock.unlock();
    }
  }

  public void pause() throws InterruptedException {
    Thread.sleep(500);
  }

  @Override
  public void close() throws InterruptedException {
    workers.shutdown();
    if (!workers.awaitTermination(10, TimeUnit.SECONDS)) {
      LOG.warn("reservations were still running");
      workers.shutdownNow();
    }
  }
}
