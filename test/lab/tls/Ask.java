import java.sql.DriverManager;
import java.util.Scanner;

/** Reads a JDBC URL from standard input and prints the first column of the first row of a statement. */
public class Ask {
    public static void main(String[] statement) throws Exception {
        String url = new Scanner(System.in).useDelimiter("\\A").next().trim();
        try (var connection = DriverManager.getConnection(url);
                var rows = connection.createStatement().executeQuery(statement[0])) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}
