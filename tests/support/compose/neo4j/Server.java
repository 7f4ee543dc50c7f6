import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.io.ByteUnit;

/** Neo4j Community for a container's network: java -cp 'JARS/*' Server.java FOLDER PAGE_CACHE PASSWORD_FILE. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]), marker = folder.resolve("password-is-set");
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(folder)
                .setConfig(BoltConnector.enabled, true)
                .setConfig(BoltConnector.listen_address, new SocketAddress("0.0.0.0", 7687))
                .setConfig(GraphDatabaseSettings.auth_enabled, true)
                .setConfig(GraphDatabaseSettings.pagecache_memory, ByteUnit.parse(arguments[1]))
                .setConfig(GraphDatabaseSettings.udc_enabled, false)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        if (!Files.exists(marker)) {
            setPassword(service, Files.readString(Path.of(arguments[2])).strip().replaceFirst("^neo4j/", ""));
            Files.createFile(marker);
        }
        // Only says that it is up, as the official image does on this port.
        HttpServer page = HttpServer.create(new InetSocketAddress("0.0.0.0", 7474), 0);
        page.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        page.start();
    }

    private static void setPassword(DatabaseManagementService service, String password) {
        try (var transaction = service.database("system").beginTx()) {
            String statement = "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED";
            transaction.execute(statement, Map.of("password", password)).close();
            transaction.commit();
        }
    }
}
