import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetSocketAddress;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ContextHandler;

/** DynamoDB Local on the loopback port of the first argument, in memory. Its own main listens everywhere, and sends telemetry. */
public final class Main {
  private static final Logger QUIET = Logger.getLogger("com.almworks.sqlite4java");

  private Main() {}

  public static void main(String[] words) throws Exception {
    QUIET.setLevel(Level.OFF);
    boolean inMemory = true, sharedDb = true, delayed = false;
    var requests = new LocalDynamoDBRequestHandler(0, inMemory, null, sharedDb, delayed);
    var server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[0])));
    server.setHandler(new ContextHandler(new LocalDynamoDBServerHandler(requests, null)));
    server.start();
  }
}
