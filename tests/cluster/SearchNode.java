import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * One OpenSearch node in this process, with its home folder as the only argument. The distribution's own launcher
 * wants its folder of modules and a user other than root; a container of a build server has neither.
 */
public class SearchNode extends Node {
    SearchNode(Path home) {
        super(InternalSettingsPreparer.prepareEnvironment(
                Settings.builder().put("path.home", home).build(), Map.of(), home.resolve("config"), () -> "node"),
            List.of(Netty4Plugin.class, ReindexPlugin.class, PainlessPlugin.class), true);
    }

    public static void main(String[] arguments) throws Exception {
        try {
            new SearchNode(Path.of(arguments[0]).toAbsolutePath()).start();
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
        Thread.currentThread().join();
    }
}
