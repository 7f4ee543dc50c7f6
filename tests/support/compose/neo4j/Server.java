import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** Neo4j Community for a container's network: java -cp 'JARS/*' Server.java FOLDER PASSWORD_FILE. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]), marker = folder.resolve("password-is-set");
        Map<String, String> settings = settings();
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(folder)
                .setConfig(BoltConnector.enabled, true)
                .setConfig(GraphDatabaseSettings.auth_enabled, true)
                .loadPropertiesFromFile(written(folder.resolve("neo4j.conf"), settings))
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        if (!Files.exists(marker)) {
            setPassword(service, Files.readString(Path.of(arguments[1])).strip().replaceFirst("^neo4j/", ""));
            Files.createFile(marker);
        }
        // Only says that it is up, as the official image does at this address.
        String[] address = settings.get("server.http.listen_address").split(":");
        HttpServer page = HttpServer.create(new InetSocketAddress(address[0], Integer.parseInt(address[1])), 0);
        page.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        page.start();
    }

    /** Those of the environment, by the official image's rule: NEO4J_a_b__c is a.b_c. One that is unknown is a fault. */
    private static Map<String, String> settings() {
        Map<String, String> found = new HashMap<>(Map.of("server.default_listen_address", "0.0.0.0"));
        System.getenv().forEach((name, value) -> {
            if (name.startsWith("NEO4J_") && !name.equals("NEO4J_AUTH_FILE")) {
                found.put(name.substring(6).replace("_", ".").replace("..", "_"), value);
            }
        });
        found.put("server.config.strict_validation.enabled", "true");
        return found;
    }

    private static Path written(Path file, Map<String, String> settings) throws Exception {
        List<String> lines = settings.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
        return Files.write(file, lines);
    }

    private static void setPassword(DatabaseManagementService service, String password) {
        try (var transaction = service.database("system").beginTx()) {
            String statement = "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED";
            transaction.execute(statement, Map.of("password", password)).close();
            transaction.commit();
        }
    }
}
